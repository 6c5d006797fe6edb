//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"chainroot/mount"
)

// volumeRequest is struct ubi_mkvol_req of the kernel's
// include/uapi/mtd/ubi-user.h.
type volumeRequest struct {
	id, alignment int32
	bytes         int64
	kind          uint8
	_             uint8
	nameLength    int16
	_             [4]byte
	name          [128]byte
}

// dynamic is UBI_DYNAMIC_VOLUME.
const dynamic = 3

// makeVolume attaches an MTD partition as the first UBI device, and makes a
// volume of all that is free there.
func makeVolume(mtd, name string) error {
	number, err := strconv.Atoi(mtd)
	if err != nil {
		return err
	}
	if err := mount.AttachUBI(number); err != nil {
		return err
	}
	free, err := number64("/sys/class/ubi/ubi0/avail_eraseblocks")
	if err != nil {
		return err
	}
	size, err := number64("/sys/class/ubi/ubi0/eraseblock_size")
	if err != nil {
		return err
	}
	f, err := os.Open("/dev/ubi0")
	if err != nil {
		return err
	}
	defer f.Close()
	r := volumeRequest{alignment: 1, bytes: free * size, kind: dynamic, nameLength: int16(len(name))}
	copy(r.name[:], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.UBI_IOCMKVOL, uintptr(unsafe.Pointer(&r))); errno != 0 {
		return fmt.Errorf("cannot make UBI volume %s: %w", name, errno)
	}
	return nil
}

func number64(path string) (int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
}
