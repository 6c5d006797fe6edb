//go:build linux && !(386 || arm || mips || mipsle)

package delta

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

func utimens(fd int, name unsafe.Pointer, sec int64, nsec uint32) error {
	return utimensPlain(fd, name, unix.Timespec{Sec: sec, Nsec: int64(nsec)})
}
