package chain

import (
	"fmt"
	"io"
	"os"
)

// unpacker unpacks tars, one after the other.
type unpacker struct {
	frame frameReader
	left  int64 // bytes of the tar that were not unpacked yet
}

// start turns to the payload of an entry.
func (u *unpacker) start(r *chunkReader, unpacked int64) {
	u.frame = frameReader{more: r.next, in: u.frame.in[:0]}
	u.left = unpacked
}

// room returns how many bytes the next part of the tar has at the most.
func (u *unpacker) room() (int, error) {
	if !u.frame.begun {
		if err := u.frame.begin(); err != nil {
			return 0, err
		}
	}
	return int(min(int64(u.frame.size), u.left)), nil
}

// next unpacks the next part of the tar into dst, which is as long as room says,
// and returns its length. io.EOF comes with the last part.
func (u *unpacker) next(dst []byte) (int, error) {
	for {
		n, err := u.frame.next(dst)
		u.left -= int64(n)
		switch {
		case err == io.EOF && u.left > 0:
			return n, fmt.Errorf("%w: it unpacks to fewer bytes than its header announces", ErrDamaged)
		case err == nil && u.left == 0:
			_, err = u.frame.next(nil)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Tar is the tar of an entry or of a payload, being unpacked. It is read by Read,
// or by Next where that saves copying all of it; and it must be closed.
type Tar struct {
	part  func() ([]byte, error) // the next one; io.EOF may come with the last
	close func()
	rest  []byte // of the part that Read gives out
	err   error
}

// Tar returns the tar of an entry. Its errors wrap ErrDamaged when the payload
// is not what its hashes say or not what the header announces; it gives out at
// most the bytes that the header announces. Until it is closed, it may read from the
// flash at any time.
func (c *Chain) Tar(e *Entry) (*Tar, error) {
	r, err := c.chunks(e)
	if err != nil {
		return nil, err
	}
	tars := c.Tars([]*Entry{e})
	tars.first = r
	t := tars.Next()
	t.close = tars.Close
	return t, nil
}

// Tar returns the tar of a payload, as Chain.Tar does.
func (p *Payload) Tar() *Tar {
	u := &unpacker{frame: frameReader{in: p.frame}, left: p.unpacked}
	var buf []byte
	return &Tar{part: func() ([]byte, error) { return u.inTurn(&buf) }}
}

// inTurn unpacks the next part into a buffer, which it makes larger if need be.
func (u *unpacker) inTurn(buf *[]byte) ([]byte, error) {
	n, err := u.room()
	if err != nil {
		return nil, err
	}
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	n, err = u.next((*buf)[:n])
	return (*buf)[:n], err
}

// Next returns the next bytes of the tar, up to a MiB or so of them and at least
// one, which are good until it is called again; io.EOF where it ends.
func (t *Tar) Next() ([]byte, error) {
	if t.err != nil {
		return nil, t.err
	}
	var b []byte
	if b, t.err = t.part(); len(b) > 0 {
		return b, nil
	}
	return nil, t.err
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
	end := t.close
	t.err, t.rest, t.close = os.ErrClosed, nil, nil
	if end != nil {
		end() // which closes t, too
	}
	return nil
}
