package chain

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"

	"chainroot/chain/lz4hc"
)

// What compressing may take: on flash kilobytes count for more than seconds. That goes
// for payloads as small flash has them; the rest of a large one is for a disk.
const (
	deepBlocks = 4 // of a frame, from its start
	deepDepth  = 1024
	plainDepth = 48
)

// PayloadWriter makes a Payload of the tar written to it. The same tar gives
// the same payload on any machine, however many processors it has.
type PayloadWriter struct {
	block   *frameBlocker   // being filled
	pending []*frameBlocker // being compressed, oldest first
	idle    []*frameBlocker
	blocks  int // so far
	frame   []byte
	n       int64
}

// frameBlocker makes one block of a frame.
type frameBlocker struct {
	z        lz4hc.Compressor
	tar, out []byte
	done     chan struct{}
}

// NewPayloadWriter returns a writer for one tar.
func NewPayloadWriter() *PayloadWriter {
	return &PayloadWriter{frame: append([]byte(nil), frameStart...)}
}

func (w *PayloadWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if w.block == nil {
			w.block = w.blocker()
		}
		b := w.block
		k := min(len(p), frameBlock-len(b.tar))
		b.tar = append(b.tar, p[:k]...)
		p = p[k:]
		if len(b.tar) == frameBlock {
			w.compress()
		}
	}
	w.n += int64(n)
	return n, nil
}

// blocker returns one that has nothing to do.
func (w *PayloadWriter) blocker() *frameBlocker {
	if n := len(w.idle); n > 0 {
		b := w.idle[n-1]
		w.idle = w.idle[:n-1]
		return b
	}
	return &frameBlocker{done: make(chan struct{}, 1)}
}

// compress lets the block that was filled be compressed, beside others where there
// are processors for it.
func (w *PayloadWriter) compress() {
	b := w.block
	if b.z.Depth = plainDepth; w.blocks < deepBlocks {
		b.z.Depth = deepDepth
	}
	w.blocks++
	w.block, w.pending = nil, append(w.pending, b)
	processors := runtime.GOMAXPROCS(0)
	if processors == 1 {
		b.compress()
		w.collect()
		return
	}
	go b.compress()
	for len(w.pending) > processors {
		w.collect()
	}
}

// collect waits for the oldest block and appends it to the frame.
func (w *PayloadWriter) collect() {
	b := w.pending[0]
	<-b.done
	w.pending = slices.Delete(w.pending, 0, 1)
	w.frame = append(w.frame, b.out...)
	b.tar, w.idle = b.tar[:0], append(w.idle, b)
}

// compress makes a block with its length of what is in tar.
func (b *frameBlocker) compress() {
	b.out = b.z.Append(append(b.out[:0], frameEnd...), b.tar)
	size := uint32(len(b.out) - frameLenSize)
	if int(size) >= len(b.tar) { // it did not become smaller
		b.out = append(b.out[:frameLenSize], b.tar...)
		size = uint32(len(b.tar)) | frameStored
	}
	binary.LittleEndian.PutUint32(b.out, size)
	b.done <- struct{}{}
}

// Finish returns the payload. The writer must not be used after it.
func (w *PayloadWriter) Finish() (*Payload, error) {
	if w.block != nil {
		w.compress()
	}
	for len(w.pending) > 0 {
		w.collect()
	}
	w.frame = append(w.frame, frameEnd...)
	p := &Payload{frame: w.frame, unpacked: w.n}
	if p.Stored() > maxStored {
		return nil, fmt.Errorf("cannot store %d bytes: an entry takes %d", p.Stored(), int64(maxStored))
	}
	p.table = chunkTable(p.frame)
	return p, nil
}
