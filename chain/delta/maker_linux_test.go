package delta_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
)

// manyOwners is a tar with every kind of file, under many modes and owners, in
// directories with as many: of none of them may the kernel's defaults stay. Another
// shift gives each another mode and owner. With it comes what list says of each.
func manyOwners(t testing.TB, shift int) ([]byte, listing) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	want := listing{}
	add := func(typ byte, name string, mode int64, uid, gid int) {
		h := &tar.Header{Typeflag: typ, Name: name, Mode: mode, Uid: uid, Gid: gid, ModTime: time.Unix(1000, 0), Format: tar.FormatPAX}
		kind, more := map[byte]int64{tar.TypeReg: unix.S_IFREG, tar.TypeDir: unix.S_IFDIR, tar.TypeFifo: unix.S_IFIFO,
			tar.TypeSymlink: unix.S_IFLNK, tar.TypeChar: unix.S_IFCHR}[typ], ""
		switch typ {
		case tar.TypeReg:
			more = " 0 bytes e3b0c44298fc1c14"
		case tar.TypeDir:
			h.Name += "/"
		case tar.TypeSymlink:
			h.Linkname, more, mode = "to", " -> to", 0o777
		case tar.TypeChar:
			h.Devmajor, h.Devminor, more = 1, 3, fmt.Sprintf(" device %x", unix.Mkdev(1, 3))
		}
		must(t, w.WriteHeader(h))
		want[name] = fmt.Sprintf("%o %d:%d 1000.000000000%s", kind|mode, uid, gid, more)
	}
	owners := [][2]int{{0, 0}, {0, 7}, {7, 0}, {7, 7}}
	dirModes, modes := []int64{0o755, 0o2755, 0o3777, 0o700, 0o500, 0}, []int64{0o644, 0o600, 0o777, 0o4755, 0o2755, 0o666, 0o1777, 0o400, 0}
	for i := range dirModes {
		for j := range owners {
			dir, o := fmt.Sprintf("dir%d%d", i, j), owners[(j+shift/2)%len(owners)]
			add(tar.TypeDir, dir, dirModes[(i+shift)%len(dirModes)], o[0], o[1])
			for k := range modes {
				for l := range owners {
					mode, o := modes[(k+shift)%len(modes)], owners[(l+shift/2)%len(owners)]
					for _, typ := range []byte{tar.TypeReg, tar.TypeDir, tar.TypeFifo, tar.TypeSymlink, tar.TypeChar} {
						add(typ, fmt.Sprintf("%s/%c%d%d", dir, typ, k, l), mode, o[0], o[1])
					}
				}
			}
		}
	}
	must(t, w.Close())
	return b.Bytes(), want
}

// TestOwnersAndModes replays that where a new file has one group or another, and
// under umasks that take away much or nothing.
func TestOwnersAndModes(t *testing.T) {
	b, want := manyOwners(t, 0)
	modes, _ := manyOwners(t, 1) // the same owners
	groups, _ := manyOwners(t, 6)
	users, _ := manyOwners(t, 12)
	masks := []int{0, 0o777, 0o022, 0o077}
	if testing.Short() {
		masks = masks[:2]
	}
	test := func(t *testing.T, root string) {
		umask := unix.Umask(0)
		defer unix.Umask(umask)
		for _, mask := range masks {
			for i, before := range [][]byte{nil, modes, groups, users} {
				upper := filepath.Join(root, fmt.Sprintf("%o.%d", mask, i))
				must(t, os.Mkdir(upper, 0o755))
				must(t, os.Chown(upper, 0, 7*(i%2)))
				must(t, os.Chmod(upper, os.ModeSetgid|0o755))
				unix.Umask(mask)
				var err error
				if before != nil {
					_, err = delta.Replay(bytes.NewReader(before), upper)
				}
				_, e := delta.Replay(bytes.NewReader(b), upper)
				err = errors.Join(err, e)
				if now := unix.Umask(0); now != mask {
					t.Errorf("the umask is %o afterwards, was %o", now, mask)
				}
				must(t, err)
				got := list(t, upper, true)
				delete(got, ".")
				if d := differences(want, got); d != "" {
					t.Errorf("umask %o, %d:\n%s", mask, i, d)
				}
				must(t, os.RemoveAll(upper))
			}
		}
	}
	t.Run("tmpfs", func(t *testing.T) { test(t, tmpfs(t, "size=64m")) })
	t.Run("ext4 with groups of directories", func(t *testing.T) {
		needRoot(t)
		mkfs, err := exec.LookPath("mkfs.ext4")
		if err != nil {
			t.Skip("mkfs.ext4 of e2fsprogs is not installed")
		}
		disk, dir := filepath.Join(tmpfs(t, "size=64m"), "disk"), t.TempDir()
		run(t, ".", "truncate", "-s", "48m", disk)
		run(t, ".", mkfs, "-q", "-N", "8192", disk)
		loop := strings.TrimSpace(run(t, ".", "losetup", "--find", "--show", disk))
		t.Cleanup(func() { run(t, ".", "losetup", "-d", loop) })
		mount(t, loop, dir, "ext4", "grpid")
		test(t, dir)
	})
}
