package chain

import (
	"errors"
	"fmt"
	"io"
)

// aheadBuffers is how many buffers of frameBlock bytes there are for what was read
// ahead: parts of the tar in one of them are used, one is full, one is filled.
const aheadBuffers = 3

// aheadParts is how many parts may wait: a block of a large tar, or a small tar.
const aheadParts = 64

// ahead reads, checks and unpacks tars while what came of them before is used.
type ahead struct {
	parts chan part
	free  chan []byte // buffers; nil: one yet to be made
	quit  chan struct{}
}

// part is some bytes of a tar, or why there are no more of it.
type part struct {
	b    []byte
	err  error
	done []byte // a buffer of which all parts went before this, which is none
}

// readAhead begins to read ahead.
func readAhead(t *Tars) *ahead {
	a := &ahead{
		parts: make(chan part, aheadParts),
		free:  make(chan []byte, aheadBuffers),
		quit:  make(chan struct{}),
	}
	for range aheadBuffers {
		a.free <- nil
	}
	go a.run(t)
	return a
}

// next returns the next part. io.EOF comes with the last one of a tar.
func (a *ahead) next() ([]byte, error) {
	for p := range a.parts {
		if p.done == nil {
			return p.b, p.err
		}
		a.free <- p.done
	}
	return nil, errNotRead
}

// stop returns when the flash is not read any more.
func (a *ahead) stop() {
	close(a.quit)
	for range a.parts {
	}
}

// run unpacks one tar after the other, until there is an error or nobody wants them
// any more. An entry may be anything, and the program must not end for that.
func (a *ahead) run(t *Tars) {
	defer close(a.parts)
	defer func() {
		if r := recover(); r != nil {
			a.send(part{err: fmt.Errorf("%w: unpacking it panicked: %v", ErrDamaged, r)})
		}
	}()
	var u unpacker
	var buf []byte
	for ; len(t.entries) > 0; t.entries = t.entries[1:] {
		r, err := t.open()
		if err == nil {
			u.start(r, t.entries[0].Unpacked)
			buf, err = a.unpack(&u, buf)
		}
		if err != io.EOF {
			a.send(part{err: err})
			return
		}
	}
}

// unpack unpacks a tar to its end, first into what is left of a buffer. It returns
// that of the buffer it ended in.
func (a *ahead) unpack(u *unpacker, buf []byte) ([]byte, error) {
	for {
		n, err := u.room()
		if err != nil {
			return buf, err
		}
		if cap(buf)-len(buf) < n || cap(buf) == 0 {
			if buf, err = a.buffer(buf, n); err != nil {
				return buf, err
			}
		}
		b := buf[len(buf) : len(buf)+n]
		n, err = u.next(b)
		buf = buf[:len(buf)+n]
		if err != nil && err != io.EOF {
			return buf, err
		}
		if sent := a.send(part{b: b[:n], err: err}); sent != nil {
			return buf, sent
		}
		if err != nil {
			return buf, err
		}
	}
}

// buffer returns an empty buffer of n bytes at least, in place of one that is full.
func (a *ahead) buffer(full []byte, n int) ([]byte, error) {
	if full != nil {
		if err := a.send(part{done: full}); err != nil {
			return nil, err
		}
	}
	select {
	case b := <-a.free:
		if cap(b) < n || b == nil {
			b = make([]byte, 0, max(n, frameBlock))
		}
		return b[:0], nil
	case <-a.quit:
		return nil, errNotRead
	}
}

func (a *ahead) send(p part) error {
	select {
	case a.parts <- p:
		return nil
	case <-a.quit:
		return errNotRead
	}
}

// errNotRead is about the tar of an entry behind one that could not be read, and
// ends the reading of all when nobody wants it any more.
var errNotRead = errors.New("what comes before it in the chain could not be read")
