package delta

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// names has room for the names that system calls take, which end with a NUL. Package
// unix makes a copy of each for each call.
type names struct{ name, target []byte }

// cString returns s with a NUL behind it, in buf, which grows as need be. What a tar says
// has no NUL in it: the confiner has seen to that.
func cString(buf *[]byte, s string) unsafe.Pointer {
	*buf = append(append((*buf)[:0], s...), 0)
	return unsafe.Pointer(unsafe.SliceData(*buf))
}

// create makes a file, to be written to.
func (n *names) create(dir int, name string, mode uint32) (int, error) {
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_LARGEFILE
	p := cString(&n.name, name)
	return ignoringEINTR(func() (int, error) {
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(dir), uintptr(p), flags, uintptr(mode), 0, 0)
		return int(fd), failed(errno)
	})
}

// symlink makes a symbolic link.
func (n *names) symlink(target string, dir int, name string) error {
	to, p := cString(&n.target, target), cString(&n.name, name)
	_, _, errno := unix.Syscall(unix.SYS_SYMLINKAT, uintptr(to), uintptr(dir), uintptr(p))
	return failed(errno)
}

// mkdir makes a directory.
func (n *names) mkdir(dir int, name string, mode uint32) error {
	_, _, errno := unix.Syscall(unix.SYS_MKDIRAT, uintptr(dir), uintptr(cString(&n.name, name)), uintptr(mode))
	return failed(errno)
}

// setTime sets the times of modification and of access of name in a directory, not
// following a link.
func (n *names) setTime(dir int, name string, a *Attr) error {
	return setTime(dir, cString(&n.name, name), a)
}

// failed returns what a system call failed with, or nil.
func failed(errno unix.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
