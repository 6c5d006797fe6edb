//go:build amd64 || arm64

package inject

import "golang.org/x/sys/unix"

// names are the calls that can fail. The runtime of Go makes some of them by
// itself: those it makes without telling its scheduler must not be here, but
// for reads and writes of 8 bytes, which the filter lets pass.
var names = map[uintptr]string{
	unix.SYS_OPENAT:       "openat",
	unix.SYS_CLOSE:        "close",
	unix.SYS_READ:         "read",
	unix.SYS_WRITE:        "write",
	unix.SYS_PREAD64:      "pread64",
	unix.SYS_PWRITE64:     "pwrite64",
	unix.SYS_LSEEK:        "lseek",
	unix.SYS_FTRUNCATE:    "ftruncate",
	unix.SYS_FALLOCATE:    "fallocate",
	unix.SYS_FSYNC:        "fsync",
	unix.SYS_FADVISE64:    "fadvise64",
	unix.SYS_FLOCK:        "flock",
	unix.SYS_FSTAT:        "fstat",
	unix.SYS_NEWFSTATAT:   "newfstatat",
	unix.SYS_STATX:        "statx",
	unix.SYS_GETDENTS64:   "getdents64",
	unix.SYS_READLINKAT:   "readlinkat",
	unix.SYS_MKDIRAT:      "mkdirat",
	unix.SYS_MKNODAT:      "mknodat",
	unix.SYS_SYMLINKAT:    "symlinkat",
	unix.SYS_LINKAT:       "linkat",
	unix.SYS_UNLINKAT:     "unlinkat",
	unix.SYS_RENAMEAT:     "renameat",
	unix.SYS_RENAMEAT2:    "renameat2",
	unix.SYS_FCHOWN:       "fchown",
	unix.SYS_FCHOWNAT:     "fchownat",
	unix.SYS_FCHMOD:       "fchmod",
	unix.SYS_FCHMODAT:     "fchmodat",
	unix.SYS_UTIMENSAT:    "utimensat",
	unix.SYS_SETXATTR:     "setxattr",
	unix.SYS_LSETXATTR:    "lsetxattr",
	unix.SYS_FSETXATTR:    "fsetxattr",
	unix.SYS_GETXATTR:     "getxattr",
	unix.SYS_LGETXATTR:    "lgetxattr",
	unix.SYS_FGETXATTR:    "fgetxattr",
	unix.SYS_LISTXATTR:    "listxattr",
	unix.SYS_LLISTXATTR:   "llistxattr",
	unix.SYS_FLISTXATTR:   "flistxattr",
	unix.SYS_REMOVEXATTR:  "removexattr",
	unix.SYS_LREMOVEXATTR: "lremovexattr",
	unix.SYS_FREMOVEXATTR: "fremovexattr",
	unix.SYS_MOUNT:        "mount",
	unix.SYS_UMOUNT2:      "umount2",
	unix.SYS_FSOPEN:       "fsopen",
	unix.SYS_FSCONFIG:     "fsconfig",
	unix.SYS_FSMOUNT:      "fsmount",
}
