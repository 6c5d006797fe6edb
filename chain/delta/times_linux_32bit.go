//go:build linux && (386 || arm || mips || mipsle)

package delta

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// utimens sets any time with utimensat_time64, which a kernel has since 5.1. What
// an older one can hold it takes from utimensat, which a newer one may be built
// without.
func utimens(dir int, name string, sec int64, nsec uint32) error {
	err := utimens64(dir, name, sec, nsec)
	if err == unix.ENOSYS && int64(int32(sec)) == sec {
		return utimensPlain(dir, name, unix.Timespec{Sec: int32(sec), Nsec: int32(nsec)})
	}
	return err
}

func utimens64(dir int, name string, sec int64, nsec uint32) error {
	p, err := unix.BytePtrFromString(name)
	if err != nil {
		return err
	}
	ts := [2]struct{ sec, nsec int64 }{{sec, int64(nsec)}, {sec, int64(nsec)}}
	_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT_TIME64, uintptr(dir), uintptr(unsafe.Pointer(p)),
		uintptr(unsafe.Pointer(&ts)), unix.AT_SYMLINK_NOFOLLOW, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
