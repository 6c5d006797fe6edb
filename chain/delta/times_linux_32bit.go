//go:build linux && (386 || arm || mips || mipsle)

package delta

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// utimens sets times after 2038 and before 1901 with utimensat_time64, which a
// kernel has since 5.1; an older one cannot hold such times.
func utimens(dir int, name string, sec int64, nsec uint32) error {
	if int64(int32(sec)) == sec {
		return utimensPlain(dir, name, unix.Timespec{Sec: int32(sec), Nsec: int32(nsec)})
	}
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
