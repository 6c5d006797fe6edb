//go:build linux && !(386 || arm || mips || mipsle)

package delta_test

import "golang.org/x/sys/unix"

// sysUtimensat is utimensat(2) with 64 bits for the seconds.
const sysUtimensat = unix.SYS_UTIMENSAT
