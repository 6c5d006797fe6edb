package mount

import (
	"encoding/binary"
	"errors"
	"io"
)

// squashfsAlign is what OpenWrt rounds the end of a squashfs up to, in bytes,
// where the writable part of a disk follows it.
const squashfsAlign = 64 << 10

var errNoSquashfs = errors.New("no squashfs")

// BehindSquashfs returns where the squashfs ends that r starts with, rounded up
// to 64 KiB, in bytes. Of its superblock two fields are read, in little-endian
// order: the magic at 0, and the bytes used, 64 bits at 40
// (Documentation/filesystems/squashfs.rst of the kernel).
func BehindSquashfs(r io.ReaderAt) (int64, error) {
	var b [48]byte
	if _, err := r.ReadAt(b[:], 0); err != nil {
		return 0, err
	}
	used := binary.LittleEndian.Uint64(b[40:])
	if string(b[:4]) != "hsqs" || used < uint64(len(b)) || used >= 1<<62 {
		return 0, errNoSquashfs
	}
	return (int64(used) + squashfsAlign - 1) &^ (squashfsAlign - 1), nil
}
