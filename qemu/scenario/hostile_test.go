package scenario

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/qemu"
)

// Entries that are whole, with valid hashes, and want out of the upper
// directory: nothing outside changes, and the state before boots.
func TestHostileEntries(t *testing.T) {
	t.Parallel()
	regular := func(name string) file {
		return file{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, "escaped"}
	}
	link := func(kind byte, name, target string) file {
		return file{Header: tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: 0o777}}
	}
	char := func(name string, major, minor int64) file {
		return file{Header: tar.Header{Typeflag: tar.TypeChar, Name: name, Mode: 0o666, Devmajor: major, Devminor: minor}}
	}
	directory := func(name string) file {
		return file{Header: tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o777}}
	}
	for n, test := range []struct {
		name  string
		files layer
	}{
		{"dot-dot", layer{regular("../escaped")}},
		{"dot-dot inside", layer{directory("etc/"), regular("etc/../../../escaped")}},
		{"absolute", layer{regular("/escaped")}},
		{"through a symlink", layer{link(tar.TypeSymlink, "out", "/snapshot"), regular("out/escaped")}},
		{"through a relative symlink", layer{link(tar.TypeSymlink, "out", ".."), regular("out/escaped")}},
		{"through a symlink of the entry before", layer{regular("link/escaped")}},
		{"hard link out", layer{link(tar.TypeLink, "in", "../../dev/kmsg")}},
		{"hard link through a symlink", layer{link(tar.TypeSymlink, "out", ".."), link(tar.TypeLink, "in", "out/work")}},
		{"device where a directory was", layer{char("dir", 1, 1), regular("dir/escaped")}},
		{"whiteout outside", layer{char("../work", 0, 0)}},
		{"root as a file", layer{regular(".")}},
		{"name with zeros and slashes", layer{regular("etc//./escaped/..")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			onEither(t, n, func(u *unit) {
				good := append(text("etc/good", "1", "dir/a", "1"), link(tar.TypeSymlink, "link", "/snapshot"))
				u.snapshots(good, test.files)
				u.untouched("a boot", func() {
					u.boot()
					u.state(1, false)
					u.skipped("snapshot 2", "refused")
					u.unharmed()
					u.holds(map[string]string{"/etc/good": "1", "/dir/a": "1"})
				})
			})
		})
	}
}

// unharmed checks that nothing got out of the upper directory.
func (u *unit) unharmed() {
	u.Helper()
	u.want("", "find / /snapshot /overlay /rom /dev -xdev -name '*escaped*' 2>/dev/null")
	u.want("boot.json\nupper\nwork", "ls /snapshot")
	u.want("upper\nwork", "ls /overlay")
	u.mounts()
}

// A frame that goes on unpacking far beyond the size that its header says: no
// more than that is unpacked.
func TestFrameWithoutEnd(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/good", "1")}, text("root/bomb", strings.Repeat("\x00", 300<<20)))
		u.lie(u.entry(2), 10240)
		u.untouched("a boot", func() {
			u.boot()
			u.state(1, false)
			u.skipped("volatile", "unpacks to more")
			u.holds(map[string]string{"/etc/good": "1", "/root/bomb": ""})
		})
	})
}

// lie makes the header of the last entry say another unpacked size, and all its
// checksums agree. Offsets are those of FORMAT.md.
func (u *unit) lie(e *chain.Entry, unpacked uint64) {
	u.Helper()
	content := u.bytes()
	entry := content[e.Block*qemu.EraseSize:]
	header := entry[:256]
	binary.BigEndian.PutUint64(header[40:], unpacked)
	binary.BigEndian.PutUint32(header[252:], crc32.ChecksumIEEE(header[:252]))
	hash := sha256.Sum256(header)

	slots, slot := int(binary.BigEndian.Uint16(header[20:])), max(e.WriteSize, 128)
	at := e.Blocks*qemu.EraseSize - slots*slot
	record := entry[at : at+128]
	if string(record[:4]) != "REC1" {
		u.Fatalf("no record at %d", at)
	}
	copy(record[24:40], hash[:16])
	binary.BigEndian.PutUint32(record[40:], crc32.ChecksumIEEE(slices.Concat(record[:40], record[44:])))
	u.must(os.WriteFile(u.flash, content, 0o644))
	if got := u.entry(2).Unpacked; got != int64(unpacked) {
		u.Fatalf("the entry says %d bytes", got)
	}
}
