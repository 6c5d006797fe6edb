package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/boot"
)

// onOneDisk puts the squashfs and room of size bytes behind it on one disk, and
// returns the name of what is behind.
func (m *machine) onOneDisk(size int) string {
	m.t.Helper()
	disk, err := os.ReadFile(filepath.Join(m.dir, "squashfs"))
	m.must(err)
	const align = 64 << 10
	start := (len(disk) + align - 1) / align * align
	disk = append(disk, make([]byte, start-len(disk))...)
	disk = append(disk, bytes.Repeat([]byte{0xff}, size)...)
	m.image, m.flash = filepath.Join(m.dir, "disk"), ""
	m.must(os.WriteFile(m.image, disk, 0o600))
	m.root = m.loop(m.image)
	return fmt.Sprintf("%s+%d", m.root, start)
}

func TestBehindTheSquashfs(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	behind := m.onOneDisk(2 << 20)
	r := m.boot()
	r.state(0, false, boot.Stacked)
	if r.report.Device != behind || r.report.Holds != "erased" || len(r.report.Skipped) != 0 {
		t.Errorf("report is %+v", r.report)
	}
	m.flash = behind
	m.commit("first", true, map[string]string{"etc/config": "one"})
	m.flash = ""
	r = m.boot()
	r.state(1, false, boot.Stacked)
	r.has("config one")
	r = m.boot("snapshot.device=" + behind)
	r.state(1, false, boot.Stacked)
}

func TestClassicBehindTheSquashfs(t *testing.T) {
	m := newMachine(t, nil)
	behind := m.onOneDisk(4 << 20)
	start := behind[len(m.root)+1:]
	m.run("mkfs.ext4", "-q", "-F", "-E", "offset="+start, m.image, "4096k")
	p := m.start()
	p.before = nil // a file system that is written to
	r := p.wait()
	r.state(0, false, boot.Classic)
	r.has("writable")
	if !strings.Contains(r.out, "mount /overlay ext4 /dev/loop") {
		t.Errorf("/overlay is no loop device:\n%s", r.out)
	}
	if r.report.Device != behind || r.report.Holds != "ext4" {
		t.Errorf("report is %+v", r.report)
	}
}

// TestNoRoomBehindTheSquashfs: one erase block is too little for a chain.
func TestNoRoomBehindTheSquashfs(t *testing.T) {
	m := newMachine(t, nil)
	m.onOneDisk(64 << 10)
	r := m.boot()
	r.state(0, false, boot.Stacked)
	r.skipped("rootfs_data", "no room behind a squashfs")
}

// TestHoldsUBI: blocks that a power cut has hit do not hide UBI, and content that
// looks like it is none.
func TestHoldsUBI(t *testing.T) {
	for name, test := range map[string]struct {
		blocks string // U: one of UBI's, B: blank, T: torn
		want   bool
	}{
		"all":              {"UUUUUUUUUU", true},
		"the first blank":  {"BUUUUUUUUU", true},
		"the first torn":   {"TUUUUUUUUU", true},
		"two are left":     {"BTTBUTTU", true},
		"one block":        {"TTUTTTTT", false},
		"far behind":       {"BBBBBBBBUUUU", false},
		"erased":           {"BBBBBBBB", false},
		"small and erased": {"BB", false},
	} {
		var image []byte
		for _, kind := range test.blocks {
			block := bytes.Repeat([]byte{0xff}, 64<<10)
			copy(block, map[rune]string{'U': "UBI#\x01", 'B': "", 'T': "UB\x00"}[kind])
			image = append(image, block...)
		}
		file := filepath.Join(t.TempDir(), "mtd")
		if err := os.WriteFile(file, image, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := holdsUBI(file); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNamesThatCannotBe(t *testing.T) {
	m := newMachine(t, nil)
	for name, says := range map[string]string{
		"LABEL=rootfs_data": "a squashfs has neither label nor UUID",
		"UUID=0123-4567":    "PARTUUID=",
		"rootfs_data":       "ubi:NAME",
	} {
		m.flash = ""
		r := m.boot("snapshot.device=" + name)
		r.state(0, false, boot.Stacked)
		r.skipped("rootfs_data", says)
	}
}
