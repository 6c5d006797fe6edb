package image

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"chainroot/qemu"
)

// VolumeBlock is an erase block of a UBI volume, in bytes: two headers of 64
// bytes stand in front of it.
const VolumeBlock = qemu.EraseSize - 2*64

// ubiSpare is how many erase blocks of a UBI device its volumes leave: UBI itself
// takes four.
const ubiSpare = 8

// Volume is a UBI volume.
type Volume struct {
	Name    string
	Static  bool
	Content string // file with what it holds; empty: it was never written
	Blocks  int    // erase blocks; 0: as many as the content takes
}

// UBI writes the image of flash of size bytes with UBI volumes to a file.
func UBI(file string, size int64, volumes ...Volume) error {
	ini := filepath.Join(filepath.Dir(file), "ubi.ini")
	defer os.Remove(ini)
	if err := os.WriteFile(ini, []byte(layout(volumes)), 0o644); err != nil {
		return err
	}
	if err := run(".", "ubinize", "-o", file, "-p", fmt.Sprint(qemu.EraseSize), "-m", "1", ini); err != nil {
		return err
	}
	written, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if int64(len(written)) > size {
		return fmt.Errorf("cannot write UBI of %d bytes to flash of %d", len(written), size)
	}
	blank := bytes.Repeat([]byte{0xff}, int(size)-len(written))
	return os.WriteFile(file, append(written, blank...), 0o644)
}

// layout describes volumes to ubinize(8).
func layout(volumes []Volume) string {
	var b strings.Builder
	for i, v := range volumes {
		kind := "dynamic"
		if v.Static {
			kind = "static"
		}
		fmt.Fprintf(&b, "[%s]\nmode=ubi\nvol_id=%d\nvol_type=%s\nvol_name=%s\n", v.Name, i, kind, v.Name)
		if v.Content != "" {
			fmt.Fprintf(&b, "image=%s\n", v.Content)
		}
		if v.Blocks != 0 {
			fmt.Fprintf(&b, "vol_size=%d\n", v.Blocks*VolumeBlock)
		}
	}
	return b.String()
}
