package delta

import "golang.org/x/sys/unix"

// privateMode is the mode that a file has until it gets its own; a directory can be
// gone into, too.
const (
	privateMode    = 0o600
	privateDirMode = 0o700
)

// maker knows what attributes a file that this process makes has from the first, so
// that they need not be set: each is a system call for each file.
type maker struct {
	uid, gid uint32
	umask    uint32
}

// find asks the kernel. It tells the umask only in exchange for another: for a
// moment what other threads make is for its owner alone.
func (m *maker) find() {
	m.uid, m.gid = uint32(unix.Geteuid()), uint32(unix.Getegid())
	m.umask = uint32(unix.Umask(0o077))
	unix.Umask(int(m.umask))
}

// mode returns the mode to make a file with that is to have the attributes a, in the
// directory in, and which of them it has then. Its group is that of the process, or,
// where the directory or the file system asks for that, of the directory.
func (m *maker) mode(a, in *Attr) (uint32, has) {
	h := has{
		owner: a.UID == m.uid && a.GID == m.gid && in.GID == m.gid,
		mode:  a.Mode&^0o777 == 0 && a.Mode&m.umask == 0 && len(a.Xattrs) == 0, // one may be an ACL
	}
	if h.mode {
		return a.Mode, h
	}
	return privateMode, h
}

// dirMode is mode for a directory. It inherits the set-group-ID bit, and has to be
// gone into, by those who are not root as well.
func (m *maker) dirMode(a, in *Attr) (uint32, has) {
	mode, h := m.mode(a, in)
	h.mode = h.mode && in.Mode&unix.S_ISGID == 0 && a.Mode&privateDirMode == privateDirMode
	if h.mode {
		return mode, h
	}
	return privateDirMode, h
}
