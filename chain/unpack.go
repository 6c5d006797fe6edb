package chain

import (
	"fmt"
	"io"
	"os"
)

// Tar is the tar of an entry or of a payload, being unpacked. It is read by Read,
// or by Next where that saves copying all of it; and it must be closed.
type Tar struct {
	frame frameReader
	left  int64  // bytes of the tar that were not unpacked yet
	part  []byte // the one that Next has given out
	ahead *ahead // or nil
	rest  []byte // of the part that Read gives out
	err   error

	chain *Chain   // where the buffers go; or nil
	spare [][]byte // buffers for parts
}

// Tar returns the tar of an entry. Its errors wrap ErrDamaged when the payload
// is not what its hashes say or not what the header announces; it gives out at
// most the bytes that the header announces. Until it is closed it reads from the
// flash, on a processor of its own if there are several.
func (c *Chain) Tar(e *Entry) (*Tar, error) {
	r, err := c.chunks(e)
	if err != nil {
		return nil, err
	}
	t := &Tar{frame: frameReader{more: r.next}, left: e.Unpacked}
	t.borrow(c)
	t.readAhead()
	return t, nil
}

// Tar returns the tar of a payload, as Chain.Tar does.
func (p *Payload) Tar() *Tar {
	return &Tar{frame: frameReader{in: p.frame}, left: p.unpacked}
}

// unpack returns the next bytes of the tar, at the front of a buffer that it makes
// longer if need be, or io.EOF.
func (t *Tar) unpack(buf []byte) ([]byte, error) {
	if !t.frame.begun {
		if err := t.frame.begin(); err != nil {
			return buf[:0], err
		}
	}
	for {
		size := min(int64(t.frame.size), t.left)
		if int64(cap(buf)) < size {
			buf = make([]byte, size)
		}
		n, err := t.frame.next(buf[:size])
		t.left -= int64(n)
		if err == io.EOF && t.left > 0 {
			err = fmt.Errorf("%w: it unpacks to fewer bytes than its header announces", ErrDamaged)
		}
		if n > 0 || err != nil {
			return buf[:n], err
		}
	}
}

// Next returns the next bytes of the tar, up to a MiB or so of them and at least
// one, which are good until it is called again; io.EOF where it ends.
func (t *Tar) Next() ([]byte, error) {
	if t.err != nil {
		return nil, t.err
	}
	if t.ahead != nil {
		t.part, t.err = t.ahead.next(t.part)
	} else {
		if t.part == nil {
			t.part = t.buffer()
		}
		t.part, t.err = t.unpack(t.part)
	}
	if t.err != nil {
		return nil, t.err
	}
	return t.part, nil
}

func (t *Tar) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		var err error
		if t.rest, err = t.Next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// Close ends the reading. What was given out is not good any more.
func (t *Tar) Close() error {
	t.keep(t.part)
	if t.ahead != nil {
		t.ahead.stop(t)
	}
	t.giveBack()
	t.err, t.rest, t.part, t.ahead = os.ErrClosed, nil, nil, nil
	return nil
}
