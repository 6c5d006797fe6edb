package image

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/qemu"
)

func TestFlash(t *testing.T) {
	for _, program := range []string{"ubinize", "sfdisk"} {
		if _, err := lookPath(program); err != nil {
			t.Skip("needs ", program, ": ", err)
		}
	}
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	if err := os.WriteFile(root, []byte("squashfs"), 0o644); err != nil {
		t.Fatal(err)
	}
	const size = 1 << 20
	for _, test := range []struct {
		attach qemu.Attach
		length int
		blank  int            // bytes of 0xFF that must be there, at least
		has    map[int]string // what stands at an offset
	}{
		{qemu.MTD, size, size, nil},
		{qemu.Block, size, size, nil},
		{qemu.UBI, size, size - 3*qemu.EraseSize, map[int]string{0: "UBI#", qemu.EraseSize: "UBI#"}},
		{qemu.GPT, size + 2<<20, size, map[int]string{512: "EFI PART", 1024 + 56: "r\x00o\x00o\x00t\x00f\x00s\x00_\x00d\x00a\x00t\x00a\x00"}},
		{qemu.Disk, size + qemu.EraseSize, size, map[int]string{0: "squashfs"}},
	} {
		t.Run(test.attach.String(), func(t *testing.T) {
			file := filepath.Join(dir, "flash.img")
			if err := (&Image{Root: root}).Flash(file, test.attach, size); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) != test.length || bytes.Count(b, []byte{0xff}) < test.blank {
				t.Errorf("%d bytes, %d of them blank", len(b), bytes.Count(b, []byte{0xff}))
			}
			for at, text := range test.has {
				if !strings.HasPrefix(string(b[at:]), text) {
					t.Errorf("%q at %d, want %q", b[at:at+len(text)], at, text)
				}
			}
		})
	}
}
