package delta

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// maxOpenDirs is how many descriptors of one path are open at a time. Deeper
// down the uppermost are closed, and opened again, as "..", on the way back.
const maxOpenDirs = 128

// openDir is how every directory below the root is opened.
const openDir = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// dirs walks a directory tree with descriptors, one component at a time and
// never through a symbolic link. Going from one path to the next costs one
// openat per directory that is not on the way to both.
type dirs struct {
	root   int
	levels []level
	closed int // how many of the levels, from above, have no descriptor

	// entered is called for each directory gone into, left before one is left;
	// the path is good for as long as the path that was gone to.
	entered, left func(path string, fd int) error
}

// level is one directory on the current path.
type level struct {
	path     string // from the root
	name     string
	fd       int
	dev, ino uint64 // only of the levels that were closed
}

// openRoot opens the directory at path, which may be a symbolic link to it.
func (d *dirs) openRoot(path string) error {
	fd, err := ignoringEINTR(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", path, err)
	}
	d.root = fd
	return nil
}

// fd returns the descriptor of the current directory.
func (d *dirs) fd() int {
	if n := len(d.levels); n > 0 {
		return d.levels[n-1].fd
	}
	return d.root
}

// to goes to the directory at path and returns its descriptor, which is good
// until the next call. The error of a missing component is not wrapped.
func (d *dirs) to(path string) (int, error) {
	if n := len(d.levels); n > 0 && d.levels[n-1].path == path {
		return d.levels[n-1].fd, nil
	}
	n, rest := 0, path
	for n < len(d.levels) && rest != "" {
		name, after, _ := strings.Cut(rest, "/")
		if d.levels[n].name != name {
			break
		}
		n, rest = n+1, after
	}
	for len(d.levels) > n {
		if err := d.leave(); err != nil {
			return -1, err
		}
	}
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		here := path
		if rest != "" {
			here = path[:len(path)-len(rest)-1]
		}
		if err := d.enter(here, name); err != nil {
			return -1, err
		}
	}
	return d.fd(), nil
}

// show reports whether there is something at path, and no whiteout.
func (d *dirs) show(path string) (bool, error) {
	dir, name := split(path)
	fd, err := d.to(dir)
	var st unix.Statx_t
	if err == nil {
		err = statx(fd, name, &st)
	}
	switch err {
	case nil:
		return kindOf(&st) != whiteout, nil
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		return false, nil
	}
	return false, fmt.Errorf("cannot read %s: %w", quote(path), err)
}

// enter goes into the directory name of the current one.
func (d *dirs) enter(path, name string) error {
	fd, err := ignoringEINTR(func() (int, error) { return unix.Openat(d.fd(), name, openDir, 0) })
	if err != nil {
		return err
	}
	d.levels = append(d.levels, level{path: path, name: name, fd: fd})
	if len(d.levels)-d.closed > maxOpenDirs {
		l := &d.levels[d.closed]
		var st unix.Statx_t
		if err := statx(l.fd, "", &st); err != nil {
			return err
		}
		l.dev, l.ino = unix.Mkdev(st.Dev_major, st.Dev_minor), st.Ino
		unix.Close(l.fd)
		l.fd = -1
		d.closed++
	}
	if d.entered != nil {
		return d.entered(path, fd)
	}
	return nil
}

// leave goes back to the directory above.
func (d *dirs) leave() error {
	n := len(d.levels) - 1
	l := d.levels[n]
	var err error
	if d.left != nil {
		err = d.left(l.path, l.fd)
	}
	if d.closed == n && n > 0 && err == nil {
		err = d.reopen(&d.levels[n-1], l.fd)
	}
	unix.Close(l.fd)
	d.levels = d.levels[:n]
	return err
}

// reopen opens a level again from the one below it.
func (d *dirs) reopen(l *level, below int) error {
	fd, err := ignoringEINTR(func() (int, error) { return unix.Openat(below, "..", openDir, 0) })
	if err != nil {
		return err
	}
	var st unix.Statx_t
	if err := statx(fd, "", &st); err != nil {
		unix.Close(fd)
		return err
	}
	if l.dev != unix.Mkdev(st.Dev_major, st.Dev_minor) || l.ino != st.Ino {
		unix.Close(fd)
		return fmt.Errorf("cannot go back to %s: %w", quote(l.path), ErrChanged)
	}
	l.fd = fd
	d.closed--
	return nil
}

// close closes all descriptors, without a call of left.
func (d *dirs) close() {
	d.closeLevels()
	unix.Close(d.root)
}

// closeLevels closes all but the root.
func (d *dirs) closeLevels() {
	for _, l := range d.levels {
		if l.fd >= 0 {
			unix.Close(l.fd)
		}
	}
	d.levels, d.closed = nil, 0
}

// statx asks for name in a directory, not following a link; "" is the directory
// itself. It is used in place of stat because its times have 64 bits everywhere.
func statx(dir int, name string, st *unix.Statx_t) error {
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	return unix.Statx(dir, name, flags, unix.STATX_BASIC_STATS, st)
}

// ignoringEINTR repeats a call that a signal interrupted: Go's own preemption
// signal is enough for that on some file systems.
func ignoringEINTR[T any](call func() (T, error)) (T, error) {
	for {
		v, err := call()
		if err != unix.EINTR {
			return v, err
		}
	}
}
