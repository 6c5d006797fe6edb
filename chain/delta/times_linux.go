package delta

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// setTime sets the time of modification, and of access, of name in a directory,
// not following a link; without a name, nil, of the descriptor itself.
func setTime(fd int, name unsafe.Pointer, a *Attr) error {
	if err := utimens(fd, name, a.Sec, a.Nsec); err != nil {
		return fmt.Errorf("cannot set the time: %w", err)
	}
	return nil
}

// utimensat is one of the calls of that name, with two times as it takes them. The
// kernel takes a null pointer for the name that package unix cannot pass.
func utimensat(call uintptr, fd int, name, times unsafe.Pointer) error {
	flags := 0
	if name != nil {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	_, _, errno := unix.Syscall6(call, uintptr(fd), uintptr(name), uintptr(times), uintptr(flags), 0, 0)
	return failed(errno)
}

// utimensPlain is utimensat with the seconds that unix.Timespec can hold.
func utimensPlain(fd int, name unsafe.Pointer, ts unix.Timespec) error {
	times := [2]unix.Timespec{ts, ts}
	return utimensat(unix.SYS_UTIMENSAT, fd, name, unsafe.Pointer(&times))
}
