package flash

import (
	"os"

	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

// openNode opens a device or a file.
func openNode(name string, mode int) (*os.File, error) {
	fd, err := rawfile.Open(name, mode, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// dropCache empties the page cache of f from an offset on, so that the next read
// asks the medium. posix_fadvise(2) leaves dirty pages alone: f was synced before.
func dropCache(f *os.File, from int64) error {
	return unix.Fadvise(int(f.Fd()), from, 0, unix.FADV_DONTNEED)
}

// isReadOnly reports whether the kernel takes no writes to a block device.
func isReadOnly(f *os.File) bool {
	n, err := unix.IoctlGetInt(int(f.Fd()), unix.BLKROGET)
	return err == nil && n != 0
}
