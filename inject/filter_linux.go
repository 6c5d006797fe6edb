//go:build amd64 || arm64

package inject

import (
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification and response are struct seccomp_notif and seccomp_notif_resp of
// the kernel's include/uapi/linux/seccomp.h.
type notification struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

type response struct {
	id    uint64
	val   int64
	errno int32
	flags uint32
}

// Offsets in struct seccomp_data, in bytes; integers are little-endian.
const (
	dataNr   = 0
	dataArg2 = 32
)

// install puts a filter on the calling thread and returns the descriptor that
// its calls are told to.
func install(except []string) (int, error) {
	filter := program(except)
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return -1, fmt.Errorf("cannot set a seccomp filter: %w", errno)
	}
	return int(fd), nil
}

// program lets all calls pass but those with a name that is not excepted. Reads
// and writes of 8 bytes, by which threads of the runtime wake one another, pass
// too.
func program(except []string) []unix.SockFilter {
	load := func(off uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: off}
	}
	ifEqual := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jt: yes, Jf: no}
	}
	end := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	filter := []unix.SockFilter{load(dataNr)}
	for _, nr := range slices.Sorted(maps.Keys(names)) {
		if slices.Contains(except, names[nr]) {
			continue
		}
		if nr == unix.SYS_READ || nr == unix.SYS_WRITE {
			filter = append(filter, ifEqual(uint32(nr), 0, 4), load(dataArg2),
				ifEqual(8, 0, 1), end(unix.SECCOMP_RET_ALLOW), end(unix.SECCOMP_RET_USER_NOTIF))
			continue
		}
		filter = append(filter, ifEqual(uint32(nr), 0, 1), end(unix.SECCOMP_RET_USER_NOTIF))
	}
	return append(filter, end(unix.SECCOMP_RET_ALLOW))
}

// receive waits for the next call. It returns unix.EPIPE when the thread is gone.
func receive(fd int) (*notification, error) {
	for {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(p, -1); err == unix.EINTR {
			continue
		} else if err != nil {
			return nil, err
		}
		if p[0].Revents&unix.POLLIN == 0 {
			return nil, unix.EPIPE
		}
		n := &notification{}
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(n)))
		switch errno {
		case 0:
			return n, nil
		case unix.EINTR, unix.ENOENT:
			continue
		}
		return nil, errno
	}
}

// send answers a call. false: a signal took the call back, it will come again.
func send(fd int, r response) bool {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&r)))
		if errno != unix.EINTR {
			return errno == 0
		}
	}
}
