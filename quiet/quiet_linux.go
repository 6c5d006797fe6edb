package quiet

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Boot gives a machine with one processor a second one in name. As long as that is idle,
// the monitor leaves calls of less than 10 milliseconds alone.
func Boot() {
	if runtime.NumCPU() == 1 {
		runtime.GOMAXPROCS(2)
	}
}

// Mount is mount(2) as package unix has it. It takes long, and the runtime is not told of
// it: to the monitor it is one more computation.
func Mount(source, target, fstype string, flags uintptr, data string) error {
	var text [4]*byte
	for i, s := range [...]string{source, target, fstype, data} {
		var err error
		if text[i], err = unix.BytePtrFromString(s); err != nil {
			return err
		}
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_MOUNT, uintptr(unsafe.Pointer(text[0])), uintptr(unsafe.Pointer(text[1])),
		uintptr(unsafe.Pointer(text[2])), flags, uintptr(unsafe.Pointer(text[3])), 0)
	return result(errno)
}

// FinitModule is finit_module(2), in the same way.
func FinitModule(fd int, options string, flags int) error {
	text, err := unix.BytePtrFromString(options)
	if err != nil {
		return err
	}
	_, _, errno := unix.RawSyscall(unix.SYS_FINIT_MODULE, uintptr(fd), uintptr(unsafe.Pointer(text)), uintptr(flags))
	return result(errno)
}

func result(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
