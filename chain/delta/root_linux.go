package delta

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Root is a directory in which paths are looked up without following a link. On a
// unit that of the squashfs, /rom, is the Firmware below all trees.
type Root struct {
	name   string
	dirs   dirs
	xattrs xattrs
}

// OpenRoot opens the directory at path.
func OpenRoot(path string) (*Root, error) {
	r := &Root{name: path}
	if err := r.dirs.openRoot(path); err != nil {
		return nil, err
	}
	return r, nil
}

// Close closes it.
func (r *Root) Close() { r.dirs.close() }

// Stat returns what stands at path, or nil.
func (r *Root) Stat(path string) (*Lower, error) {
	dir, name := split(path)
	fd, err := r.dirs.to(dir)
	var st unix.Statx_t
	if err == nil {
		err = statx(fd, name, &st)
	}
	switch err {
	case nil:
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		return nil, nil
	default:
		return nil, r.cannot("read", path, err)
	}
	i := inode{kind: kindOf(&st), Attr: newAttr(&st)}
	if i.Xattrs, _, err = r.xattrs.attrs(file{fd, name}); err != nil {
		return nil, r.cannot("read", path, err)
	}
	l := &Lower{Attr: i.Attr, Type: i.fileMode().Type(), Size: int64(st.Size)}
	if i.kind == symlink {
		target := make([]byte, MaxLink+1)
		n, err := unix.Readlinkat(fd, name, target)
		if err != nil {
			return nil, r.cannot("read", path, err)
		}
		l.Link = string(target[:n])
	}
	return l, nil
}

// List returns the names in the directory at path, sorted.
func (r *Root) List(path string) ([]string, error) {
	fd, err := r.dirs.to(path)
	if err == nil {
		_, err = unix.Seek(fd, 0, 0) // it may have been read before
	}
	var names []string
	if err == nil {
		names, err = (&scanner{direnv: make([]byte, 32<<10)}).names(fd)
	}
	if err != nil {
		return nil, r.cannot("list", path, err)
	}
	return names, nil
}

// Open opens the regular file at path for reading. The error wraps
// fs.ErrNotExist if there is none.
func (r *Root) Open(path string) (*os.File, error) {
	dir, name := split(path)
	fd, err := r.dirs.to(dir)
	if err == nil {
		fd, err = openFile(fd, name)
	}
	switch err {
	case nil:
		return os.NewFile(uintptr(fd), path), nil
	case unix.ENOTDIR, unix.ELOOP, unix.ENXIO:
		err = unix.ENOENT
	}
	return nil, r.cannot("open", path, err)
}

func (r *Root) cannot(what, path string, err error) error {
	return fmt.Errorf("cannot %s %s in %s: %w", what, quote(path), r.name, err)
}
