package main

import (
	"io/fs"
	"syscall"
)

// open opens a file and returns its descriptor, which exec closes. An os.File is more
// code at each step, all of it run once, and a boot is as long as that takes.
func open(path string, flags int, mode uint32) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, mode)
		switch {
		case err == nil:
			return fd, nil
		case err != syscall.EINTR:
			return -1, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// read returns what a file holds.
func read(path string) (string, error) {
	fd, err := open(path, syscall.O_RDONLY, 0)
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

// write writes all of a text to a descriptor.
func write(fd int, text []byte) error {
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
