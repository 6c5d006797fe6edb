//go:build !unix

package rawfile

import (
	"io"
	"io/fs"
	"os"
)

// File is an open file.
type File struct{ *os.File }

// OpenFile opens a file that is there.
func OpenFile(name string, flags int) (*File, error) {
	f, err := os.OpenFile(name, flags, 0)
	if err != nil {
		return nil, err
	}
	return &File{f}, nil
}

// Type returns what kind of file it is: of a mode, the bits of fs.ModeType.
func (f *File) Type() (fs.FileMode, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Mode().Type(), nil
}

// Type returns what kind of file is at a path.
func Type(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Mode().Type(), nil
}

// Size returns how many bytes a file has.
func (f *File) Size() (int64, error) { return f.Seek(0, io.SeekEnd) }

// ReadFile returns what a file holds. The error is an *fs.PathError.
func ReadFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}
