package delta

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// file is a name in an open directory, or a descriptor, whose extended
// attributes are asked for.
type file struct {
	fd   int
	name string // empty: fd itself
}

// path is a short path to the file, through /proc: there is no llistxattrat
// before Linux 6.13, and a link or a device cannot be opened for it.
func (f file) path() string { return "/proc/self/fd/" + strconv.Itoa(f.fd) + "/" + f.name }

func (f file) list(buf []byte) (int, error) {
	if f.name == "" {
		return unix.Flistxattr(f.fd, buf)
	}
	return unix.Llistxattr(f.path(), buf)
}

func (f file) get(name string, buf []byte) (int, error) {
	if f.name == "" {
		return unix.Fgetxattr(f.fd, name, buf)
	}
	return unix.Lgetxattr(f.path(), name, buf)
}

func (f file) set(x Xattr) error {
	var err error
	if f.name == "" {
		err = unix.Fsetxattr(f.fd, x.Name, []byte(x.Value), 0)
	} else {
		err = unix.Lsetxattr(f.path(), x.Name, []byte(x.Value), 0)
	}
	if err != nil {
		return fmt.Errorf("cannot set the extended attribute %s: %w", quote(x.Name), err)
	}
	return nil
}

func (f file) remove(name string) error {
	var err error
	if f.name == "" {
		err = unix.Fremovexattr(f.fd, name)
	} else {
		err = unix.Lremovexattr(f.path(), name)
	}
	if err != nil && err != unix.ENODATA {
		return fmt.Errorf("cannot remove the extended attribute %s: %w", quote(name), err)
	}
	return nil
}

// xattrs reads extended attributes; its buffers serve many files.
type xattrs struct{ names, value []byte }

// growing asks with a buffer that is long enough in the end. Most files have few
// extended attributes, most values are short.
func growing(buf *[]byte, ask func([]byte) (int, error)) (int, error) {
	if *buf == nil {
		*buf = make([]byte, 256)
	}
	n, err := ask(*buf)
	if err == unix.ERANGE && len(*buf) < MaxXattr {
		*buf = make([]byte, MaxXattr)
		n, err = ask(*buf)
	}
	return n, err
}

// read calls each for every extended attribute of f, in the kernel's order. The
// value is asked for only if want says so.
func (x *xattrs) read(f file, want func(name string) bool, each func(name, value string) error) error {
	n, err := growing(&x.names, f.list)
	if err == unix.EOPNOTSUPP || n == 0 && err == nil {
		return nil
	} else if err != nil {
		return fmt.Errorf("cannot list the extended attributes: %w", err)
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(x.names[:n]), "\x00"), "\x00") {
		value := ""
		if want == nil || want(name) {
			n, err := growing(&x.value, func(buf []byte) (int, error) { return f.get(name, buf) })
			if err == unix.ENODATA {
				continue // removed since
			} else if err != nil {
				return fmt.Errorf("cannot read the extended attribute %s: %w", quote(name), err)
			}
			value = string(x.value[:n])
		}
		if err := each(name, value); err != nil {
			return err
		}
	}
	return nil
}

// attrs reads the extended attributes that belong into a tar, and the marks of
// overlayfs.
func (x *xattrs) attrs(f file) (kept []Xattr, m marks, err error) {
	err = x.read(f, func(name string) bool { return !isPrivate(name) || name == opaqueXattr },
		func(name, value string) error {
			switch {
			case name == redirectXattr:
				return fmt.Errorf("%w: it was renamed with the overlay option redirect_dir", ErrPrivate)
			case name == metacopyXattr:
				return fmt.Errorf("%w: its content was not copied up, by the overlay option metacopy", ErrPrivate)
			case isPrivate(name):
				m.note(name, value)
			default:
				kept = append(kept, Xattr{name, value})
			}
			return nil
		})
	sortXattrs(kept)
	return kept, m, err
}

// newAttr takes the attributes out of st.
func newAttr(st *unix.Statx_t) Attr {
	return Attr{Mode: uint32(st.Mode) & 0o7777, UID: st.Uid, GID: st.Gid, Sec: st.Mtime.Sec, Nsec: st.Mtime.Nsec}
}

// ReadAttr reads the attributes of the directory at path, without those of
// overlayfs itself.
func ReadAttr(path string) (*Attr, error) {
	var d dirs
	if err := d.openRoot(path); err != nil {
		return nil, err
	}
	defer d.close()
	var st unix.Statx_t
	if err := statx(d.root, "", &st); err != nil {
		return nil, fmt.Errorf("cannot read the attributes of %s: %w", path, err)
	}
	a := newAttr(&st)
	var x xattrs
	var err error
	if a.Xattrs, _, err = x.attrs(file{fd: d.root}); err != nil {
		return nil, fmt.Errorf("cannot read the attributes of %s: %w", path, err)
	}
	return &a, nil
}

// Set gives the directory at path these attributes, and no other extended
// attributes than these and those of overlayfs. Those of a kind that the file
// system does not take, such as user.* on the tmpfs of older kernels, are left
// out.
func (a *Attr) Set(path string) error {
	var d dirs
	if err := d.openRoot(path); err != nil {
		return err
	}
	defer d.close()
	takes := *a
	takes.Xattrs = nil
	for _, x := range a.Xattrs {
		if err := (file{fd: d.root}).set(x); !errors.Is(err, unix.EOPNOTSUPP) {
			takes.Xattrs = append(takes.Xattrs, x) // any other error comes again
		}
	}
	err := setDir(&xattrs{}, d.root, &takes, nil)
	if err == nil {
		err = setDirLast(d.root, &takes)
	}
	if err != nil {
		return fmt.Errorf("cannot set the attributes of %s: %w", path, err)
	}
	return nil
}

// setDir sets what a directory can have before it is filled (see setNew), and
// takes away what other extended attributes it had. What was it is nil, or says
// what else it had: that is not set again.
func setDir(x *xattrs, fd int, a, was *Attr) error {
	removed, err := removeXattrs(x, fd, a.Xattrs)
	if err != nil {
		return err
	}
	var h has
	if was != nil {
		h.owner = was.UID == a.UID && was.GID == a.GID
		h.mode = h.owner && was.Mode == a.Mode && !removed && len(a.Xattrs) == 0 // one may be an ACL
	}
	return setNew(fd, a, h)
}

// has tells what attributes a file got when it was made.
type has struct{ owner, mode bool }

// setNew sets the attributes of a file whose content is written, or of a
// directory before it is filled, but for those it has, for the time and for the
// ACL that what is created in the directory would inherit. chown takes away
// capabilities and setuid, so it comes first; an ACL is part of the mode, so the
// mode comes last.
func setNew(fd int, a *Attr, h has) error {
	if !h.owner {
		if err := unix.Fchown(fd, int(a.UID), int(a.GID)); err != nil {
			return fmt.Errorf("cannot change the owner: %w", err)
		}
	}
	if err := setXattrs(file{fd: fd}, a.Xattrs); err != nil {
		return err
	}
	if !h.mode {
		if err := unix.Fchmod(fd, a.Mode); err != nil {
			return fmt.Errorf("cannot change the mode: %w", err)
		}
	}
	return nil
}

// setDirLast sets the rest.
func setDirLast(fd int, a *Attr) error {
	for _, x := range a.Xattrs {
		if x.Name == aclDefault {
			if err := (file{fd: fd}).set(x); err != nil {
				return err
			}
		}
	}
	return setTime(fd, nil, a)
}

// removeXattrs removes all extended attributes but those of overlayfs and those
// that will be set anyway, and reports whether there were any.
func removeXattrs(x *xattrs, fd int, keep []Xattr) (removed bool, err error) {
	err = x.read(file{fd: fd}, func(string) bool { return false }, func(name, _ string) error {
		if isPrivate(name) {
			return nil
		}
		for _, k := range keep {
			if k.Name == name && name != aclDefault {
				return nil
			}
		}
		removed = true
		return file{fd: fd}.remove(name)
	})
	return removed, err
}

// setXattrs sets extended attributes, but not the default ACL.
func setXattrs(f file, xattrs []Xattr) error {
	for _, x := range xattrs {
		if x.Name == aclDefault {
			continue
		}
		if err := f.set(x); err != nil {
			return err
		}
	}
	return nil
}
