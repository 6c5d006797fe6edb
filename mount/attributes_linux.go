package mount

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Attributes are what a directory is besides its content: mode, owner, times
// and extended attributes. The root of an upper directory needs those of the
// root below it, because an overlay shows the upper one's.
type Attributes struct {
	stat   unix.Stat_t
	xattrs []xattr
}

type xattr struct {
	name  string
	value []byte
}

// private is the prefix of what the overlay file system notes for itself: true
// only of the stack it was written on.
const private = "trusted.overlay."

// ReadAttributes returns the attributes of the directory dir.
func ReadAttributes(dir string) (*Attributes, error) {
	var a Attributes
	if err := unix.Lstat(dir, &a.stat); err != nil {
		return nil, fmt.Errorf("cannot read the attributes of %s: %w", dir, err)
	}
	list, err := read(func(b []byte) (int, error) { return unix.Llistxattr(dir, b) })
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return nil, fmt.Errorf("cannot list the extended attributes of %s: %w", dir, err)
	}
	for _, name := range strings.Split(string(bytes.TrimSuffix(list, []byte{0})), "\x00") {
		if name == "" || strings.HasPrefix(name, private) {
			continue
		}
		value, err := read(func(b []byte) (int, error) { return unix.Lgetxattr(dir, name, b) })
		if err != nil {
			return nil, fmt.Errorf("cannot read %s of %s: %w", name, dir, err)
		}
		a.xattrs = append(a.xattrs, xattr{name, value})
	}
	return &a, nil
}

// Write gives the directory dir the attributes a. The times come last: all
// else sets them anew.
func (a *Attributes) Write(dir string) error {
	if err := unix.Lchown(dir, int(a.stat.Uid), int(a.stat.Gid)); err != nil {
		return fmt.Errorf("cannot set the owner of %s: %w", dir, err)
	}
	if err := unix.Chmod(dir, a.stat.Mode&0o7777); err != nil {
		return fmt.Errorf("cannot set the mode of %s: %w", dir, err)
	}
	for _, x := range a.xattrs {
		// Not every tmpfs is built to hold every kind.
		if err := unix.Lsetxattr(dir, x.name, x.value, 0); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("cannot set %s of %s: %w", x.name, dir, err)
		}
	}
	times := []unix.Timespec{a.stat.Atim, a.stat.Mtim}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, dir, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("cannot set the times of %s: %w", dir, err)
	}
	return nil
}

// read calls a system call that says how much room it needs when it is given
// none.
func read(call func([]byte) (int, error)) ([]byte, error) {
	n, err := call(nil)
	if n <= 0 || err != nil {
		return nil, err
	}
	b := make([]byte, n)
	n, err = call(b)
	return b[:max(n, 0)], err
}
