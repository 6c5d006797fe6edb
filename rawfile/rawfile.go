//go:build unix

package rawfile

import (
	"io/fs"
	"syscall"
)

// Open opens a file, of any size, and returns its descriptor. The error is an
// *fs.PathError.
func Open(path string, flags int, mode uint32) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, mode) // which adds O_LARGEFILE on Linux
		switch {
		case err == nil:
			return fd, nil
		case err != syscall.EINTR:
			return -1, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// ReadFile returns what a file holds. The error is an *fs.PathError.
func ReadFile(path string) (string, error) {
	fd, err := Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	var text []byte
	page := make([]byte, 4<<10)
	for {
		n, err := syscall.Read(fd, page)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return "", &fs.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return string(text), nil
		default:
			text = append(text, page[:n]...)
		}
	}
}

// Write writes all of a text to a descriptor. The error is that of write(2).
func Write(fd int, text []byte) error {
	for len(text) > 0 {
		n, err := syscall.Write(fd, text)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err
		default:
			text = text[n:]
		}
	}
	return nil
}
