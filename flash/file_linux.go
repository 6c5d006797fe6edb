package flash

import (
	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

// dropCache empties the page cache of f from an offset on, so that the next read
// asks the medium. posix_fadvise(2) leaves dirty pages alone: f was synced before.
func dropCache(f *rawfile.File, from int64) error {
	return unix.Fadvise(f.Fd(), from, 0, unix.FADV_DONTNEED)
}

// isReadOnly reports whether the kernel takes no writes to a block device.
func isReadOnly(f *rawfile.File) bool {
	n, err := unix.IoctlGetInt(f.Fd(), unix.BLKROGET)
	return err == nil && n != 0
}
