//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Sizes of the sparse file, in bytes: data at the start, in the middle and at
// the end, holes between.
const (
	sparseSize = 100 << 20
	sparseData = 4096
)

// capability is security.capability with cap_net_raw+ep, version 2:
// linux/capability.h, struct vfs_cap_data, little-endian.
var capability = []byte{1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

// exotic makes one file of every kind that is hard to keep, in a new directory.
func exotic(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	x := &maker{dir: dir}
	x.names()
	x.kinds()
	x.attributes()
	x.sparse()
	x.times() // last: what is made in a directory changes its time
	return x.err
}

// maker makes files; the first error sticks.
type maker struct {
	dir string
	err error
}

func (x *maker) path(name string) string { return filepath.Join(x.dir, name) }

func (x *maker) do(what string, err error) {
	if err != nil && x.err == nil {
		x.err = fmt.Errorf("cannot make %s: %w", what, err)
	}
}

func (x *maker) file(name, content string) {
	x.do(name, os.WriteFile(x.path(name), []byte(content), 0o644))
}

func (x *maker) names() {
	for _, name := range []string{
		"with space", " leading", "trailing ", "new\nline", "tab\tand\x01control", "quote'\"back\\slash",
		"latin1-\xe4\xf6\xfc", "\xff\xfe", "utf8-äöü-日本", "-dash", "...", "star*?[x]", "=equals", "PaxHeaders.0",
		".wh.looks-like-a-whiteout", strings.Repeat("n", 255),
		strings.Repeat("日", 85), // 255 bytes
	} {
		x.file(name, "content of "+name)
	}
	deep := x.path("deep")
	for range 60 {
		deep = filepath.Join(deep, strings.Repeat("d", 50)) // 3 KiB of path
	}
	x.do("deep", os.MkdirAll(deep, 0o755))
	x.do("deep", os.WriteFile(filepath.Join(deep, "bottom"), []byte("deep"), 0o600))
	x.do("long link", os.Symlink(strings.Repeat("t/", 1500)+"end", x.path("long-link")))
}

func (x *maker) kinds() {
	x.do("empty", os.Mkdir(x.path("empty"), 0o711))
	x.file("zero", "")
	x.file("hard-1", "three names")
	x.do("hard link", os.Link(x.path("hard-1"), x.path("hard-2")))
	x.do("directory", os.Mkdir(x.path("other"), 0o755))
	x.do("hard link", os.Link(x.path("hard-1"), x.path("other/hard-3")))
	x.do("symlink", os.Symlink("hard-1", x.path("symlink")))
	x.do("symlink", os.Symlink("/nowhere/\xff \n", x.path("dangling")))
	x.do("hard link to a symlink", os.Link(x.path("symlink"), x.path("symlink-2")))
	x.do("fifo", unix.Mkfifo(x.path("fifo"), 0o640))
	x.do("character device", unix.Mknod(x.path("char"), unix.S_IFCHR|0o660, int(unix.Mkdev(204, 70000))))
	x.do("block device", unix.Mknod(x.path("block"), unix.S_IFBLK|0o600, int(unix.Mkdev(7, 3))))
}

func (x *maker) attributes() {
	for name, mode := range map[string]uint32{"setuid": 0o4755, "setgid": 0o2755, "sticky": 0o1644, "none": 0, "all": 0o7777} {
		x.file(name, name)
		x.do(name, unix.Lchown(x.path(name), 1000, 2000))
		x.do(name, unix.Chmod(x.path(name), mode))
	}
	x.do("directory", os.Mkdir(x.path("setgid-dir"), 0o755))
	x.do("directory", unix.Chmod(x.path("setgid-dir"), 0o3775))
	x.file("big-owner", "")
	owner := uint32(4000000000) // in an int of 32 bits it is negative, and the same
	x.do("owner", unix.Lchown(x.path("big-owner"), int(owner), 3000000))
	x.do("owner", unix.Lchown(x.path("symlink"), 7, 8))
	x.file("capable", "program")
	x.do("capability", unix.Lsetxattr(x.path("capable"), "security.capability", capability, 0))
	x.file("attributes", "")
	for name, value := range map[string]string{
		"security.label": "system_u:object_r:etc_t\x00", "security.empty": "", "security.bytes": "\x00\n=\xff",
		"trusted.note": "kept", "trusted.big": strings.Repeat("x", 3000), "trusted.non-utf8-\xff": "1", "trusted.a=b": "2",
	} {
		x.do(name, unix.Lsetxattr(x.path("attributes"), name, []byte(value), 0))
	}
	x.do("label", unix.Lsetxattr(x.path("empty"), "security.label", []byte("directory"), 0))
	x.do("label", unix.Lsetxattr(x.path("symlink"), "security.label", []byte("link"), 0))
	// tmpfs knows user.* since Linux 6.6.
	if err := unix.Lsetxattr(x.path("attributes"), "user.note", []byte("kept"), 0); err != unix.EOPNOTSUPP {
		x.do("user.note", err)
	}
}

func (x *maker) sparse() {
	f, err := os.Create(x.path("sparse"))
	if err != nil {
		x.do("sparse", err)
		return
	}
	data := make([]byte, sparseData)
	for i := range data {
		data[i] = byte(i)
	}
	for _, at := range []int64{0, sparseSize / 2, sparseSize - sparseData} {
		_, err := f.WriteAt(data, at)
		x.do("sparse", err)
	}
	x.do("sparse", f.Close())
	for name, size := range map[string]int64{"only-hole": 1 << 20, "hole-at-end": 12345} {
		x.file(name, "start")
		x.do(name, os.Truncate(x.path(name), size))
	}
	x.do("only-hole", os.Truncate(x.path("only-hole"), 0))
	x.do("only-hole", os.Truncate(x.path("only-hole"), 1<<20))
}

func (x *maker) times() {
	for name, when := range map[string]time.Time{
		"zero":      time.Unix(1234567890, 123456789),
		"empty":     time.Unix(1234567890, 987654321),
		"symlink":   time.Unix(1000000000, 1),
		"fifo":      time.Unix(0, 0),
		"big-owner": time.Unix(1<<33, 999999999), // past 2106
		"none":      time.Unix(-1000, 500000000), // before 1970
		".":         time.Unix(1700000000, 42),
	} {
		ts, err := unix.TimeToTimespec(when)
		if err != nil {
			continue // not on 32 bits
		}
		x.do("time of "+name, unix.UtimesNanoAt(unix.AT_FDCWD, x.path(name), []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW))
	}
}
