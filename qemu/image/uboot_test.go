package image

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/qemu"
)

// The environment of U-Boot is what README.md says, with the parameters of the
// board, and what the board brings along.
func TestConfigureUBoot(t *testing.T) {
	board, err := qemu.BoardOf("arm64")
	if err != nil {
		t.Fatal(err)
	}
	disk := filepath.Join(t.TempDir(), "disk")
	if err := (&Image{Board: board}).configureUBoot(disk); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(disk + ".env")
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != 64<<20 {
		t.Errorf("a flash of %d bytes", len(b))
	}
	b = b[:256<<10]
	if got, want := binary.LittleEndian.Uint32(b), crc32.ChecksumIEEE(b[4:]); got != want {
		t.Errorf("checksum %#x, want %#x", got, want)
	}
	end := bytes.Index(b, []byte{0, 0})
	variables := map[string]string{}
	for _, v := range strings.Split(string(b[4:end]), "\x00") {
		name, value, _ := strings.Cut(v, "=")
		variables[name] = value
	}
	for name, want := range map[string]string{
		"bootlimit": "2", "bootcmd": "run altbootcmd", "altbootcmd": "snapshot.rollback",
		"unit": "root=PARTLABEL=rootfs rootwait console=ttyAMA0 ", "preboot": "bootcount", "fdt_addr": "0x40000000",
	} {
		if !strings.Contains(variables[name], want) {
			t.Errorf("%s=%q, without %q", name, variables[name], want)
		}
	}
}
