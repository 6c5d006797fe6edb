package delta

import "io"

// parts is a stream that has its next bytes in memory: Next returns them, at least
// one, good until it is called again; io.EOF where the stream ends. A reader that
// has it, as a chain.Tar does, is not copied.
type parts interface {
	Next() ([]byte, error)
}

// partsOf returns r as parts.
func partsOf(r io.Reader) parts {
	if p, ok := r.(parts); ok {
		return p
	}
	return &buffered{r: r}
}

// readBuffer is the size of the buffer of a stream that has none, in bytes.
const readBuffer = 256 << 10

// buffered makes parts of what a reader returns.
type buffered struct {
	r   io.Reader
	buf []byte
	err error // behind what was returned last
}

// Next returns io.ErrNoProgress when the reader returns nothing again and again.
func (b *buffered) Next() ([]byte, error) {
	if b.buf == nil {
		b.buf = make([]byte, readBuffer)
	}
	for range 100 {
		if b.err != nil {
			return nil, b.err
		}
		var n int
		if n, b.err = b.r.Read(b.buf); n > 0 {
			return b.buf[:n], nil
		}
	}
	if b.err == nil {
		b.err = io.ErrNoProgress
	}
	return nil, b.err
}
