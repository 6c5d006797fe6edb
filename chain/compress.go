package chain

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"

	"github.com/pierrec/lz4/v4"
)

// compressionLevel is the least level whose payloads take at most 1.06 times what
// `lz4 -9` makes of the same tar: on flash kilobytes count for more than seconds.
// Those above save another thousandth and take up to three times as long.
const compressionLevel = lz4.Level2

// PayloadWriter makes a Payload of the tar written to it. The same tar gives
// the same payload on any machine, however many processors it has.
type PayloadWriter struct {
	block   *frameBlocker   // being filled
	pending []*frameBlocker // being compressed, oldest first
	idle    []*frameBlocker
	frame   []byte
	n       int64
}

// frameBlocker makes one block of a frame.
type frameBlocker struct {
	z        lz4.CompressorHC
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
	return &frameBlocker{z: lz4.CompressorHC{Level: compressionLevel}, done: make(chan struct{}, 1)}
}

// compress lets the block that was filled be compressed, beside others where there
// are processors for it.
func (w *PayloadWriter) compress() {
	b := w.block
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
	b.out = slices.Grow(b.out[:0], frameLenSize+len(b.tar))[:frameLenSize+len(b.tar)]
	size := uint32(len(b.tar))
	// What would not become smaller has no room, or no match.
	if n, err := b.z.CompressBlock(b.tar, b.out[frameLenSize:]); err == nil && n > 0 && n < len(b.tar) {
		size, b.out = uint32(n), b.out[:frameLenSize+n]
	} else {
		copy(b.out[frameLenSize:], b.tar)
		size |= frameStored
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
