package main

import (
	"io/fs"
	"os"
	"syscall"
)

// open opens a file as os.OpenFile does, but for one thing: that would ask the
// kernel whether the file can be polled, by what a boot needs for nothing else.
func open(path string, flags int, mode uint32) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC, mode)
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), path), nil
		case err != syscall.EINTR:
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}
