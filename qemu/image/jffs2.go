package image

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"chainroot/qemu"
)

// JFFS2 makes a flash of size bytes that holds a jffs2 with the files of a
// directory, and nothing behind them. With spread, the last erase block that is
// in use stands at the end of the flash: as after a long life.
func JFFS2(flash, files string, size int64, spread bool) error {
	made := filepath.Join(filepath.Dir(flash), "made.jffs2")
	defer os.Remove(made)
	if err := run(".", "mkfs.jffs2", "-l", "-r", files, "-e", fmt.Sprint(qemu.EraseSize), "-o", made); err != nil {
		return err
	}
	used, err := os.ReadFile(made)
	if err != nil {
		return err
	}
	whole := bytes.Repeat([]byte{0xff}, int(size))
	if at := (len(used) - 1) / qemu.EraseSize * qemu.EraseSize; spread && at > 0 {
		copy(whole[len(whole)-qemu.EraseSize:], used[at:])
		used = used[:at]
	}
	copy(whole, used)
	return os.WriteFile(flash, whole, 0o644)
}
