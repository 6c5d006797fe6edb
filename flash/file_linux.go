package flash

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openNode opens a device or a file. os.OpenFile would ask the kernel whether it can
// be polled, by what a boot needs for nothing else.
func openNode(name string, mode int) (*os.File, error) {
	for {
		fd, err := unix.Open(name, mode|unix.O_CLOEXEC|unix.O_LARGEFILE, 0)
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), name), nil
		case err != unix.EINTR:
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
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
