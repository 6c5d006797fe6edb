package delta

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// scanner reads an upper directory into a tree, without the content of files.
type scanner struct {
	dirs   *dirs
	choose func(path string, dir bool) Answer
	xattrs xattrs
	inodes map[uint64]*inode // those with several names
	dev    uint64            // of the upper directory
	direnv []byte            // scratch: directory entries
	target []byte            // scratch: a link's target
}

// scan reads the tree under the root of d.
func scan(d *dirs, choose func(path string, dir bool) Answer) (*node, error) {
	s := &scanner{dirs: d, choose: choose, inodes: map[uint64]*inode{},
		direnv: make([]byte, 32<<10), target: make([]byte, MaxLink+1)}
	var st unix.Statx_t
	if err := statx(d.root, "", &st); err != nil {
		return nil, fmt.Errorf("cannot read the upper directory: %w", err)
	}
	s.dev = unix.Mkdev(st.Dev_major, st.Dev_minor)
	if err := statx(unix.AT_FDCWD, file{d.root, "."}.path(), new(unix.Statx_t)); err != nil {
		return nil, fmt.Errorf("cannot read extended attributes without /proc: %w", err)
	}
	root := &node{inode: &inode{kind: directory, Attr: newAttr(&st)}}
	if err := s.dir("", root); err != nil {
		return nil, err
	}
	return root, nil
}

// dir reads the directory n, which stands at path: its extended attributes, and
// all below it. A bare errno says why it cannot be gone into.
func (s *scanner) dir(path string, n *node) error {
	fd, err := s.dirs.to(path)
	if err != nil {
		return err
	}
	var m marks
	if n.Xattrs, m, err = s.xattrs.attrs(file{fd: fd}); err != nil {
		return fmt.Errorf("cannot pack %s: %w", quote(path), err)
	}
	n.opaque = m.opaque
	names, err := s.names(fd)
	if err != nil {
		return fmt.Errorf("cannot pack %s: cannot read the directory: %w", quote(path), err)
	}
	for _, name := range names {
		c, err := s.child(fd, path, name, m.whiteouts)
		if err != nil {
			return fmt.Errorf("cannot pack %s: %w", quote(join(path, name)), err)
		}
		if c != nil {
			n.children = append(n.children, c)
		}
	}
	kept := n.children[:0]
	for _, c := range n.children {
		if c.kind == directory {
			err := s.dir(join(path, c.name), c)
			if err == unix.ENOENT {
				continue
			} else if err == unix.ENOTDIR || err == unix.ELOOP {
				return fmt.Errorf("cannot pack %s: %w: it is no directory any more", quote(join(path, c.name)), ErrChanged)
			} else if _, ok := err.(unix.Errno); ok {
				return fmt.Errorf("cannot pack %s: cannot open the directory: %w", quote(join(path, c.name)), err)
			} else if err != nil {
				return err
			}
		}
		kept = append(kept, c)
	}
	clear(n.children[len(kept):])
	n.children = kept
	return nil
}

// names returns what is in an open directory, sorted.
func (s *scanner) names(fd int) ([]string, error) {
	var names []string
	for {
		n, err := ignoringEINTR(func() (int, error) { return unix.ReadDirent(fd, s.direnv) })
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			slices.Sort(names)
			return names, nil
		}
		_, _, names = unix.ParseDirent(s.direnv[:n], -1, names)
	}
}

// child looks at one name of an open directory. nil: it is not there, or does
// not belong into a tar.
func (s *scanner) child(fd int, dir, name string, whiteouts bool) (*node, error) {
	if len(dir)+1+len(name) > MaxPath {
		return nil, fmt.Errorf("its path is longer than %d bytes", MaxPath)
	}
	var st unix.Statx_t
	if err := statx(fd, name, &st); err == unix.ENOENT {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if unix.Mkdev(st.Dev_major, st.Dev_minor) != s.dev {
		return &node{name: name, inode: &inode{kind: foreign}}, nil
	}
	i := &inode{kind: kindOf(&st), Attr: newAttr(&st), ino: st.Ino}
	if i.kind == none {
		return nil, nil
	}
	answer := s.answer(dir, name, i.kind)
	if answer == Drop {
		return nil, nil
	}
	if i.kind != directory && i.kind != whiteout && st.Nlink > 1 {
		if other := s.inodes[st.Ino]; other != nil {
			other.shared = true
			return &node{name: name, inode: other}, nil
		}
		s.inodes[st.Ino] = i
	}
	switch i.kind {
	case whiteout:
		i.Attr = Attr{}
		return &node{name: name, inode: i}, nil
	case directory:
		return &node{name: name, inode: i, look: answer == Look}, nil // its attributes come with its content
	case charDevice, blockDevice:
		i.major, i.minor = st.Rdev_major, st.Rdev_minor
	case symlink:
		n, err := unix.Readlinkat(fd, name, s.target)
		if err == unix.ENOENT || err == unix.EINVAL { // not there, or not a link, any more
			return nil, nil
		} else if err != nil {
			return nil, fmt.Errorf("cannot read the link: %w", err)
		}
		i.link = string(s.target[:n])
	case regular:
		i.size = int64(st.Size)
	}
	var m marks
	var err error
	if i.Xattrs, m, err = s.xattrs.attrs(file{fd, name}); err != nil {
		if errors.Is(err, unix.ENOENT) { // removed, if perhaps there again
			return nil, nil
		}
		return nil, err
	}
	if whiteouts && m.whiteout && i.kind == regular && i.size == 0 {
		delete(s.inodes, st.Ino)
		i = &inode{kind: whiteout}
		if s.answer(dir, name, whiteout) == Drop {
			return nil, nil
		}
	}
	return &node{name: name, inode: i}, nil
}

// answer asks the caller. A whiteout stands for whatever is below: it is dropped
// if that would be as a file or as a directory. One of a directory to look into
// is kept, for what is kept of that is gone.
func (s *scanner) answer(dir, name string, k kind) Answer {
	if s.choose == nil {
		return Keep
	}
	path := join(dir, name)
	if k == directory || k == whiteout {
		if a := s.choose(path, true); a != Keep || k == directory {
			return a
		}
	}
	return s.choose(path, false)
}

// kindOf says what st is; none: a socket, or what no kernel knew yet.
func kindOf(st *unix.Statx_t) kind {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return regular
	case unix.S_IFDIR:
		return directory
	case unix.S_IFLNK:
		return symlink
	case unix.S_IFCHR:
		if st.Rdev_major == 0 && st.Rdev_minor == 0 {
			return whiteout
		}
		return charDevice
	case unix.S_IFBLK:
		return blockDevice
	case unix.S_IFIFO:
		return fifo
	}
	return none
}
