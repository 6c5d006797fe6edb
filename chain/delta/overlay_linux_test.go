package delta_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// pack packs an upper directory.
func pack(t tester, upper string, o *delta.PackOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	stats, err := delta.Pack(&b, upper, o)
	must(t, err)
	if stats.Bytes != int64(b.Len()) {
		t.Fatalf("Pack says %d bytes and writes %d", stats.Bytes, b.Len())
	}
	return b.Bytes()
}

// replay replays tars, one after the other, to a new directory.
func replay(t tester, root string, attr *delta.Attr, tars ...[]byte) string {
	t.Helper()
	dir, err := os.MkdirTemp(root, "replayed")
	must(t, err)
	if attr != nil {
		must(t, attr.Set(dir))
	}
	for i, b := range tars {
		if _, err := delta.Replay(bytes.NewReader(b), dir); err != nil {
			t.Fatalf("tar %d: %v", i, err)
		}
	}
	return dir
}

// overlay mounts an overlay over lower directories, uppermost first; upper ""
// makes it read-only.
func overlay(t tester, root, upper string, lower ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp(root, "merged")
	must(t, err)
	options := "redirect_dir=off,metacopy=off,index=off,lowerdir=" + strings.Join(lower, ":")
	if upper != "" {
		work, err := os.MkdirTemp(root, "work")
		must(t, err)
		options += ",upperdir=" + upper + ",workdir=" + work
	} else if len(lower) == 1 {
		empty, err := os.MkdirTemp(root, "empty")
		must(t, err)
		options += ":" + empty
	}
	if err := unix.Mount("overlay", dir, "overlay", 0, options); err != nil {
		t.Fatalf("cannot mount an overlay (%s): %v", options, err)
	}
	return dir
}

// paths are few, so that operations meet.
var paths = []string{"a", "b", "c", "a/a", "a/b", "a/c", "b/a", "b/b", "a/a/a", "a/a/b", "a/b/a", "a/b/b", "b/a/a", "b/a/b", "c/a", "c/a/a"}

// operation changes the tree under root, or fails to.
func operation(t *rapid.T, root string) {
	path := filepath.Join(root, rapid.SampledFrom(paths).Draw(t, "path"))
	other := filepath.Join(root, rapid.SampledFrom(paths).Draw(t, "other"))
	n := rapid.Uint64Range(0, 1<<40).Draw(t, "n")
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return // os.RemoveAll would open it
	}
	var special bool // opening it would wait for the other end of a pipe, or worse
	if info, err := os.Stat(path); err == nil {
		special = info.Mode().Type()&^os.ModeDir != 0
	}
	random := rand.New(rand.NewPCG(n, 1))
	switch op := rapid.SampledFrom([]string{"create", "create", "create", "write", "truncate", "remove", "removeall", "removeall",
		"mkdir", "mkdir", "mkdir", "rename", "rename", "symlink", "link", "link", "mknod", "chmod", "chown", "time", "xattr", "unxattr", "rewrite"}).Draw(t, "op"); op {
	case "create":
		b := make([]byte, []int{0, 1, 511, 512, 4096, 5000, 70000, 300000}[n%8])
		for i := range b {
			if i/4096%3 != 1 {
				b[i] = byte(random.Uint32())
			}
		}
		if !special {
			os.WriteFile(path, b, 0o644)
		}
	case "rewrite": // the same content again
		if special {
			return
		}
		if b, err := os.ReadFile(path); err == nil {
			os.WriteFile(path, b, 0o644)
		}
	case "write":
		if special {
			return
		}
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			f.WriteAt([]byte{byte(n)}, int64(n%20000))
			f.Close()
		}
	case "truncate":
		if !special {
			os.Truncate(path, int64(n%400000))
		}
	case "remove":
		os.Remove(path)
	case "removeall":
		os.RemoveAll(path)
	case "mkdir":
		os.Mkdir(path, 0o755)
	case "rename":
		os.Rename(path, other)
	case "symlink":
		os.Symlink(fmt.Sprint("target", n), path)
	case "link":
		os.Link(path, other)
	case "mknod":
		unix.Mknod(path, []uint32{unix.S_IFIFO, unix.S_IFCHR, unix.S_IFBLK}[n%3]|0o600, int(unix.Mkdev(uint32(n%4+1), 3)))
	case "chmod":
		unix.Fchmodat(unix.AT_FDCWD, path, uint32(n%0o10000), 0)
	case "chown":
		os.Lchown(path, int(n%100000), int(n%7))
	case "time":
		lutimes(path, int64(n)-1<<39, int64(n%1e9))
	case "xattr":
		name := []string{"user.one", "trusted.two", "security.three", "user.a=b%", "trusted.overlay.opaque"}[n%5]
		unix.Lsetxattr(path, name, bytes.Repeat([]byte{byte(n), 0}, int(n%50)), 0)
	case "unxattr":
		unix.Lremovexattr(path, []string{"user.one", "trusted.two"}[n%2])
	}
}

// operations draws some.
func operations(t *rapid.T, root string) {
	for range rapid.IntRange(0, 25).Draw(t, "operations") {
		operation(t, root)
	}
}

// unit is a machine as its changes pass through boots: overlay 1 is the firmware
// and the snapshots, overlay 2 that and the volatile entry.
type unit struct {
	*rapid.T
	root  string // a tmpfs
	lower string // the firmware

	snapshots string // the upper directory of overlay 1 of the last boot
}

// newUnit makes a firmware by random operations on a tmpfs.
func newUnit(t testing.TB, rt *rapid.T) *unit {
	root, err := os.MkdirTemp(t.TempDir(), "unit")
	must(t, err)
	u := &unit{T: rt, root: root}
	must(t, unix.Mount("tmpfs", root, "tmpfs", 0, "size=1g"))
	rt.Cleanup(func() {
		mounts, _ := filepath.Glob(root + "/merged*")
		for i := len(mounts) - 1; i >= 0; i-- {
			unix.Unmount(mounts[i], unix.MNT_DETACH)
		}
		unix.Unmount(root, unix.MNT_DETACH)
	})
	u.lower = filepath.Join(root, "lower")
	must(u, os.Mkdir(u.lower, 0o755))
	operations(rt, u.lower)
	return u
}

// boot replays the snapshots and the volatile entry, nil if there is none, and
// returns the merged tree and the upper directory of overlay 2.
func (u *unit) boot(snapshots [][]byte, volatile []byte) (merged, upper string, attr *delta.Attr) {
	below := u.lower
	attr, err := delta.ReadAttr(u.lower)
	must(u, err)
	if len(snapshots) > 0 {
		u.snapshots = replay(u, u.root, attr, snapshots...)
		below = overlay(u, u.root, u.snapshots, u.lower)
		attr, err = delta.ReadAttr(below)
		must(u, err)
	}
	if volatile != nil {
		upper = replay(u, u.root, attr, volatile)
	} else {
		upper = replay(u, u.root, attr)
	}
	return overlay(u, u.root, upper, below), upper, attr
}

// layers stacks each tar as a layer of its own on the firmware.
func (u *unit) layers(tars [][]byte) string {
	u.Helper()
	layers := []string{u.lower}
	below, err := delta.ReadAttr(u.lower)
	must(u, err)
	for _, b := range tars {
		dir := replay(u, u.root, below, b)
		below, err = delta.ReadAttr(dir)
		must(u, err)
		layers = append([]string{dir}, layers...)
	}
	return overlay(u, u.root, "", layers...)
}

// pack packs as the unit does, and checks what holds of every tar.
func (u *unit) pack(upper string, o *delta.PackOptions) []byte {
	b := pack(u, upper, o)
	if again := pack(u, upper, o); !bytes.Equal(b, again) {
		u.Fatalf("packing twice gives two tars")
	}
	base := o.Base
	after := delta.NewTree()
	if base == nil {
		must(u, after.Add(bytes.NewReader(b)))
		again := replay(u, u.root, o.Root, b)
		same(u, "the replayed upper directory", upper, again, true)
		if !bytes.Equal(b, pack(u, again, o)) {
			u.Fatalf("packing what was replayed gives another tar")
		}
		if stats, err := delta.Pack(&bytes.Buffer{}, upper, &delta.PackOptions{Base: after, Root: o.Root}); err != nil || stats.Entries != 0 {
			u.Fatalf("packing after pushing all of it packs %d entries, %v", stats.Entries, err)
		}
	}
	return b
}

// Each boot's changes are packed as a tar of their own; all of them, replayed to
// one directory or each as a layer of its own, show the live tree again.
func TestStackedBoots(t *testing.T) {
	needRoot(t)
	rapid.Check(t, func(rt *rapid.T) {
		u := newUnit(t, rt)
		var snapshots [][]byte
		for range rapid.IntRange(1, 4).Draw(rt, "boots") {
			live, upper, attr := u.boot(snapshots, nil)
			operations(rt, live)
			tar := u.pack(upper, &delta.PackOptions{Root: attr})

			volatile, _, _ := u.boot(snapshots, tar)
			same(u, "the volatile entry", live, volatile, false)
			snapshots = append(snapshots, tar)
			folded, _, _ := u.boot(snapshots, nil)
			same(u, "the folded state", live, folded, false)
			same(u, "the state in layers", live, u.layers(snapshots), false)
		}
	})
}

// Several pushes within one boot, each the difference to those before: stacked or
// folded, they show the live tree.
func TestPushesInOneBoot(t *testing.T) {
	needRoot(t)
	rapid.Check(t, func(rt *rapid.T) {
		u := newUnit(t, rt)
		live, upper, attr := u.boot(nil, nil)
		base := delta.NewTree()
		var snapshots [][]byte
		for range rapid.IntRange(1, 4).Draw(rt, "pushes") {
			operations(rt, live)
			tar := u.pack(upper, &delta.PackOptions{Root: attr, Base: base})

			volatile, _, _ := u.boot(snapshots, tar)
			same(u, "the difference as volatile entry", live, volatile, false)
			snapshots = append(snapshots, tar)
			folded, _, _ := u.boot(snapshots, nil)
			same(u, "the folded state", live, folded, false)
			u.sameLinks(upper, replay(u, u.root, nil, snapshots...))

			must(u, base.Add(bytes.NewReader(tar)))
			if stats, err := delta.Pack(&bytes.Buffer{}, upper, &delta.PackOptions{Base: base, Root: attr}); err != nil || stats.Entries != 0 {
				u.Fatalf("a second pack without a change packs %d entries, %v", stats.Entries, err)
			}
		}
	})
}

// sameLinks checks that what is linked in one upper directory is in the other.
func (u *unit) sameLinks(want, got string) {
	links := func(root string) map[string]string {
		first, of := map[uint64]string{}, map[string]string{}
		filepath.Walk(want, func(path string, info os.FileInfo, _ error) error {
			rel, _ := filepath.Rel(want, path)
			var st unix.Stat_t
			must(u, unix.Lstat(filepath.Join(root, rel), &st))
			if st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 || info.IsDir() {
				return nil
			}
			if first[st.Ino] == "" {
				first[st.Ino] = rel
			}
			of[rel] = first[st.Ino]
			return nil
		})
		return of
	}
	a, b := links(want), links(got)
	for path := range a {
		if a[path] != b[path] {
			u.Fatalf("%s is a link of %s, and of %s when replayed", path, a[path], b[path])
		}
	}
}
