//go:build unix

package rawfile

import (
	"io"
	"io/fs"
	"syscall"
)

// File is an open file or device, in place of an os.File. Its errors are
// *fs.PathError.
type File struct {
	fd   int
	name string
}

// OpenFile opens a file that is there, as Open does.
func OpenFile(name string, flags int) (*File, error) {
	fd, err := Open(name, flags, 0)
	if err != nil {
		return nil, err
	}
	return &File{fd, name}, nil
}

func (f *File) Fd() int      { return f.fd }
func (f *File) Name() string { return f.name }

// Type returns what kind of file it is: of a mode, the bits of fs.ModeType, and
// fs.ModeIrregular for a socket or a pipe.
func (f *File) Type() (fs.FileMode, error) {
	var stat syscall.Stat_t
	err := again(func() error { return syscall.Fstat(f.fd, &stat) })
	return typeOf(&stat), f.failed("stat", err)
}

// Type returns what kind of file is at a path, or what a link there leads to, as
// File.Type does. The error is an *fs.PathError.
func Type(path string) (fs.FileMode, error) {
	var stat syscall.Stat_t
	if err := again(func() error { return syscall.Stat(path, &stat) }); err != nil {
		return 0, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return typeOf(&stat), nil
}

func typeOf(stat *syscall.Stat_t) fs.FileMode {
	switch stat.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return 0
	case syscall.S_IFDIR:
		return fs.ModeDir
	case syscall.S_IFBLK:
		return fs.ModeDevice
	case syscall.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	}
	return fs.ModeIrregular
}

// Size returns how many bytes a file or block device has.
func (f *File) Size() (int64, error) {
	n, err := syscall.Seek(f.fd, 0, io.SeekEnd)
	return n, f.failed("seek", err)
}

// ReadAt is that of io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := syscall.Pread(f.fd, p[done:], off+int64(done))
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return done, f.failed("read", err)
		case n == 0:
			return done, io.EOF
		default:
			done += n
		}
	}
	return done, nil
}

// WriteAt is that of io.WriterAt.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := syscall.Pwrite(f.fd, p[done:], off+int64(done))
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return done, f.failed("write", err)
		case n == 0:
			return done, f.failed("write", io.ErrUnexpectedEOF)
		default:
			done += n
		}
	}
	return done, nil
}

// Sync returns when what was written is on the medium.
func (f *File) Sync() error {
	return f.failed("sync", again(func() error { return syscall.Fsync(f.fd) }))
}

// Close closes the file. After a signal it is closed too.
func (f *File) Close() error {
	err := syscall.Close(f.fd)
	if err == syscall.EINTR {
		err = nil
	}
	return f.failed("close", err)
}

func (f *File) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: f.name, Err: err}
}

// again makes a call until no signal interrupts it.
func again(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}
