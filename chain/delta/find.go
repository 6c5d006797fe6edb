package delta

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Where is what a Tree says of a path.
type Where uint8

const (
	Below Where = iota // nothing: what lies below shows there
	Here               // something is there
	Gone               // nothing is there, whatever lies below
)

// Found is a file or directory of a Tree.
type Found struct {
	Mode fs.FileMode // type and permissions
	Size int64       // of a regular file, in bytes
	Link string      // the target of a symbolic link

	// Of a regular file: which of the tars added to the tree holds its content,
	// counted from 0, and under which name. CopyFile takes it from there.
	Tar  int
	Name string
}

// Find returns what the tree has at path, which is relative, with slashes. Links
// are not followed.
func (t *Tree) Find(path string) (Found, Where) {
	n, where := &t.root, Below
	for rest, more := path, path != ""; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		if n != nil && n.inode != nil {
			if n.kind != directory {
				return Found{}, Gone
			}
			if n.opaque {
				where = Gone
			}
		}
		if n = n.child(name); n == nil {
			return Found{}, where
		}
	}
	switch {
	case n.inode == nil:
		return Found{Mode: fs.ModeDir}, where
	case n.kind == whiteout:
		return Found{}, Gone
	}
	return Found{Mode: n.fileMode(), Size: n.size, Link: n.link, Tar: n.tar, Name: n.path}, Here
}

// fileMode returns type and mode as io/fs has them.
func (i *inode) fileMode() fs.FileMode {
	m := fs.FileMode(i.Mode & 0o777)
	for _, bit := range [...]struct {
		unix uint32
		mode fs.FileMode
	}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}} {
		if i.Mode&bit.unix != 0 {
			m |= bit.mode
		}
	}
	switch i.kind {
	case directory:
		m |= fs.ModeDir
	case symlink:
		m |= fs.ModeSymlink
	case charDevice, whiteout:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case blockDevice:
		m |= fs.ModeDevice
	case fifo:
		m |= fs.ModeNamedPipe
	case none:
		m |= fs.ModeSocket // or what no kernel knew yet
	}
	return m
}

// CopyFile writes the content of a regular file in the tar r to w, holes as
// zeros. Name is the path under which the tar has the content, as Find says. The
// error wraps fs.ErrNotExist if it has none there.
func CopyFile(w io.Writer, r io.Reader, name string) error {
	tar := newReader(r)
	for {
		e, err := tar.next()
		if err == io.EOF {
			return fmt.Errorf("cannot find %s in the tar: %w", quote(name), fs.ErrNotExist)
		} else if err != nil {
			return err
		}
		if e.kind == regular && e.path == name {
			return copyContent(w, tar, e)
		}
	}
}

// copyContent writes the content of the current entry of a tar.
func copyContent(w io.Writer, tar *reader, e *entry) error {
	at := int64(0)
	fill := func(to int64) error {
		for at < to {
			n, err := w.Write(zeros[:min(to-at, int64(len(zeros)))])
			if err != nil {
				return err
			}
			at += int64(n)
		}
		return nil
	}
	err := tar.content(e, func(off int64, b []byte) error {
		if err := fill(off); err != nil {
			return err
		}
		n, err := w.Write(b)
		at += int64(n)
		return err
	})
	if err == nil {
		err = fill(e.size)
	}
	if err != nil {
		return fmt.Errorf("cannot copy %s: %w", quote(e.path), err)
	}
	return nil
}
