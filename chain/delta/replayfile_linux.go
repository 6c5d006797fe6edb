package delta

import (
	"io"

	"golang.org/x/sys/unix"
)

// file writes a regular file, always as a new inode.
func (p *Replayer) file(dir int, name string, e *entry) error {
	fd := -1
	mode, has := p.maker.mode(&e.Attr, &p.in.Attr)
	err := p.replacing(dir, name, func() (err error) {
		fd, err = p.names.create(dir, name, mode)
		return err
	})
	if err != nil {
		return err
	}
	err = p.fill(fd, e)
	if err == nil {
		err = setNew(fd, &e.Attr, has)
	}
	if err == nil {
		err = setTime(fd, nil, &e.Attr)
	}
	if closed := unix.Close(fd); err == nil {
		err = closed
	}
	return err
}

// fill writes the content of a file; blocks of zeros become holes.
func (p *Replayer) fill(fd int, e *entry) error {
	end := int64(0)
	err := p.tar.content(e, func(off int64, b []byte) error {
		if p.listener != nil {
			p.listener.data(off, b)
		}
		for len(b) > 0 {
			n, zero := stretch(off, b)
			if !zero {
				if err := writeAt(fd, b[:n], off); err != nil {
					return err
				}
				end = off + int64(n)
			}
			b, off = b[n:], off+int64(n)
		}
		return nil
	})
	if err == nil && end < e.size {
		_, err = ignoringEINTR(func() (int, error) { return 0, unix.Ftruncate(fd, e.size) })
	}
	return err
}

// stretch returns how much of b, which stands at off, is zeros, or is to be
// written, in one go. What lies before a multiple of grain is to be written.
func stretch(off int64, b []byte) (n int, zero bool) {
	n = min(len(b), int(-off&(grain-1)))
	for n < len(b) {
		k := min(grain, len(b)-n)
		if isZero(b[n : n+k]) {
			if n == 0 {
				zero = true
			} else if !zero {
				return n, false
			}
		} else if zero {
			return n, true
		}
		n += k
	}
	return n, zero
}

// writeAt writes b at off.
func writeAt(fd int, b []byte, off int64) error {
	for len(b) > 0 {
		n, err := ignoringEINTR(func() (int, error) { return unix.Pwrite(fd, b, off) })
		if err != nil {
			return err
		} else if n == 0 {
			return io.ErrShortWrite
		}
		b, off = b[n:], off+int64(n)
	}
	return nil
}
