package chain

import (
	"fmt"
	"runtime"
)

// readAheadParts is how many parts of a tar there are at a time: one that is used,
// one that is ready, one that is unpacked.
const readAheadParts = 3

// ahead reads, checks and unpacks a tar while what came of it before is used.
type ahead struct {
	parts chan part   // unpacked
	free  chan []byte // to unpack to; nil: yet to be made
	quit  chan struct{}
	ended chan struct{}
}

// part is some bytes of a tar, or why there are no more.
type part struct {
	b   []byte
	err error
}

// readAhead begins to read ahead, if that saves time: there is another processor,
// and more than one block.
func (t *Tar) readAhead() {
	if t.left <= frameBlock || runtime.GOMAXPROCS(0) == 1 {
		return
	}
	a := &ahead{
		parts: make(chan part, readAheadParts),
		free:  make(chan []byte, readAheadParts),
		quit:  make(chan struct{}),
		ended: make(chan struct{}),
	}
	t.ahead = a
	for range readAheadParts {
		a.free <- t.buffer()
	}
	go a.run(t)
}

// run unpacks until the tar ends or nobody wants it any more.
func (a *ahead) run(t *Tar) {
	defer close(a.ended)
	for {
		var p part
		select {
		case p.b = <-a.free:
		case <-a.quit:
			return
		}
		p.b, p.err = t.guarded(p.b)
		a.parts <- p // there is room for all parts
		if p.err != nil {
			return
		}
	}
}

// guarded is unpack, for a goroutine that must not end the program: what is on
// flash may be anything.
func (t *Tar) guarded(buf []byte) (b []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			b, err = buf, fmt.Errorf("%w: unpacking it panicked: %v", ErrDamaged, r)
		}
	}()
	return t.unpack(buf)
}

// next returns the next part, and takes back the one before.
func (a *ahead) next(used []byte) ([]byte, error) {
	if used != nil {
		a.free <- used
	}
	p := <-a.parts
	return p.b, p.err
}

// stop returns when the flash is not read any more. All buffers go back to t.
func (a *ahead) stop(t *Tar) {
	close(a.quit)
	<-a.ended
	for {
		select {
		case b := <-a.free:
			t.keep(b)
		case p := <-a.parts:
			t.keep(p.b)
		default:
			return
		}
	}
}
