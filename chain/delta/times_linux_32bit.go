//go:build linux && (386 || arm || mips || mipsle)

package delta

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// utimens sets any time with utimensat_time64, which a kernel has since 5.1. What
// an older one can hold it takes from utimensat, which a newer one may be built
// without.
func utimens(fd int, name unsafe.Pointer, sec int64, nsec uint32) error {
	err := utimens64(fd, name, sec, nsec)
	if err == unix.ENOSYS && int64(int32(sec)) == sec {
		return utimensPlain(fd, name, unix.Timespec{Sec: int32(sec), Nsec: int32(nsec)})
	}
	return err
}

func utimens64(fd int, name unsafe.Pointer, sec int64, nsec uint32) error {
	times := [2]struct{ sec, nsec int64 }{{sec, int64(nsec)}, {sec, int64(nsec)}}
	return utimensat(unix.SYS_UTIMENSAT_TIME64, fd, name, unsafe.Pointer(&times))
}
