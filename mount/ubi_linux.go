package mount

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attachRequest is struct ubi_attach_req of the kernel's
// include/uapi/mtd/ubi-user.h. The zero value of what stands behind the numbers
// leaves the choice to the kernel.
type attachRequest struct {
	ubi int32 // -1: the next that is free
	mtd int32
	_   [16]byte
}

// AttachUBI makes a UBI device of an MTD partition by its number, so that its
// volumes appear. That it is one already is no error.
func AttachUBI(mtd int) error {
	f, err := os.OpenFile("/dev/ubi_ctrl", os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("cannot attach MTD partition %d to UBI: %w: does the kernel have UBI?", mtd, err)
	}
	defer f.Close()
	r := attachRequest{ubi: -1, mtd: int32(mtd)}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.UBI_IOCATT, uintptr(unsafe.Pointer(&r)))
	if errno != 0 && errno != unix.EEXIST {
		return fmt.Errorf("cannot attach MTD partition %d to UBI: %w: the kernel's log says why", mtd, errno)
	}
	return nil
}

// blockRequest is struct ubi_blkcreate_req, which has nothing but padding.
type blockRequest [128]byte

// VolumeBlock makes the read-only block device of a UBI volume, by the node of
// the volume. That it is there already is no error.
func VolumeBlock(node string) error {
	f, err := os.Open(node)
	if err != nil {
		return fmt.Errorf("cannot make a block device of a UBI volume: %w", err)
	}
	defer f.Close()
	var r blockRequest
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.UBI_IOCVOLCRBLK, uintptr(unsafe.Pointer(&r)))
	switch {
	case errno == 0, errno == unix.EEXIST:
		return nil
	case errors.Is(errno, unix.ENOTTY), errors.Is(errno, unix.ENOSYS):
		return fmt.Errorf("cannot make a block device of %s: the kernel is built without CONFIG_MTD_UBI_BLOCK", node)
	}
	return fmt.Errorf("cannot make a block device of %s: %w", node, errno)
}
