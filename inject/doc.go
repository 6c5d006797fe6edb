// Package inject makes system calls fail, for tests: the N-th of those that a
// function makes returns an error that a full disk, a broken one or a kernel
// without memory would return, or does half of what it was asked for.
//
// The kernel's seccomp filter stops the calls of one thread (seccomp(2),
// SECCOMP_RET_USER_NOTIF, Linux 5.5), and a goroutine on another answers them.
// It takes root. Read inject_linux.go first; filter_linux.go is what the kernel
// is told, calls_linux.go which calls are looked at.
package inject
