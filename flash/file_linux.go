package flash

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCache empties the page cache of f, so that the next read asks the
// medium. posix_fadvise(2) leaves dirty pages alone: f was synced before.
func dropCache(f *os.File) error {
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
