package delta

import (
	"errors"

	"golang.org/x/sys/unix"
)

// errShort says that a file ended before its size.
var errShort = errors.New("the file became shorter")

// openFile opens a regular file for reading. O_NONBLOCK, because by now it may
// be a pipe that nobody writes to.
func openFile(dir int, name string) (int, error) {
	return ignoringEINTR(func() (int, error) {
		return unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	})
}

// readAt reads up to len(buf) bytes at off; fewer only at the end of the file.
func readAt(fd int, buf []byte, off int64) (int, error) {
	n := 0
	for n < len(buf) {
		got, err := ignoringEINTR(func() (int, error) { return unix.Pread(fd, buf[n:], off+int64(n)) })
		if err != nil {
			return n, err
		}
		if got == 0 {
			break
		}
		n += got
	}
	return n, nil
}

// eachData calls each with the data of a file of st's size, in order, passing
// over the holes that the file system tells of. buf is a multiple of grain long,
// and so is each piece and its offset, but for the end of the file.
func eachData(fd int, st *unix.Statx_t, buf []byte, each func(off int64, p []byte) error) error {
	size := int64(st.Size)
	holes := int64(st.Blocks) < size/512
	for off, end := int64(0), int64(0); off < size; {
		if off >= end {
			end = size
			if holes {
				var err error
				off, end, err = nextData(fd, off, size)
				if err != nil {
					return err
				}
			}
			continue
		}
		n := int(min(int64(len(buf)), end-off))
		if got, err := readAt(fd, buf[:n], off); err != nil {
			return err
		} else if got < n {
			return errShort
		}
		if err := each(off, buf[:n]); err != nil {
			return err
		}
		off += int64(n)
	}
	return nil
}

// nextData returns the next stretch of data from off on, made larger to
// multiples of grain; off is one. From size to size: there is no more.
func nextData(fd int, off, size int64) (start, end int64, err error) {
	data, err := unix.Seek(fd, off, unix.SEEK_DATA)
	switch err {
	case nil:
	case unix.ENXIO:
		return size, size, nil
	case unix.EINVAL, unix.EOPNOTSUPP:
		return off, size, nil
	default:
		return 0, 0, err
	}
	hole, err := unix.Seek(fd, data, unix.SEEK_HOLE)
	if err == unix.ENXIO { // it became shorter: reading finds out
		return off, size, nil
	} else if err != nil {
		return 0, 0, err
	}
	return min(size, data/grain*grain), min(size, (hole+grain-1)/grain*grain), nil
}
