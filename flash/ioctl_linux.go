package flash

import (
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

// ioctl makes a request whose result is nothing but success.
func (d *node) ioctl(request uint, arg unsafe.Pointer) error {
	_, err := d.ask(request, arg)
	return err
}

// ask makes a request whose result is a number. It is made again when a signal
// came in between.
func (d *node) ask(request uint, arg unsafe.Pointer) (int, error) {
	for {
		r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.f.Fd()), uintptr(request), uintptr(arg))
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// sysfsText reads a file of sysfs that holds one line. Of the path nothing is
// resolved but by the kernel: the parent of a link is that of what it leads to.
func sysfsText(path string) (string, error) {
	text, err := rawfile.ReadFile(path)
	return strings.TrimSpace(text), err
}

// sysfsInt reads a file of sysfs that holds one decimal number.
func sysfsInt(path string) (int64, error) {
	text, err := sysfsText(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}
