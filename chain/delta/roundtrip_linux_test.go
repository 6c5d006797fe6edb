package delta_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
)

// setTime sets the time of a file itself.
func setTime(t tester, path string, sec, nsec int64) {
	t.Helper()
	must(t, lutimes(path, sec, nsec))
}

// lutimes is utimensat of a file itself, with 64 bits for the seconds.
func lutimes(path string, sec, nsec int64) error {
	p, err := unix.BytePtrFromString(path)
	if err != nil {
		return err
	}
	dir := unix.AT_FDCWD
	ts := [2]struct{ sec, nsec int64 }{{sec, nsec}, {sec, nsec}}
	_, _, errno := unix.Syscall6(sysUtimensat, uintptr(dir), uintptr(unsafe.Pointer(p)),
		uintptr(unsafe.Pointer(&ts)), unix.AT_SYMLINK_NOFOLLOW, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// largestMinor is the largest minor number of a device that can be made here:
// where int has 32 bits the tests run under qemu-user, which takes the device
// number of mknod(2) for a signed one.
const largestMinor = delta.MaxMinor >> (64/bits.UintSize - 1)

// everything fills a directory with all that an upper directory can hold.
func everything(t tester, root string) {
	t.Helper()
	p := func(name string) string { return filepath.Join(root, name) }
	mkdir(t, root, "dir/empty", "dir/sub", "opaque", "with space\nand newline\xff\xfe")
	write(t, p("dir/file"), "content")
	write(t, p("dir/setuid"), "x")
	write(t, p("dir/empty file"), "")
	write(t, p("with space\nand newline\xff\xfe/\x01 =%"), "odd")
	write(t, p(strings.Repeat("n", 255)), "long name")
	mkdir(t, root, strings.Repeat("d", 255)+"/"+strings.Repeat("e", 200))
	write(t, p(strings.Repeat("d", 255)+"/"+strings.Repeat("e", 200)+"/f"), "long path")
	for _, n := range []int{99, 100, 101} { // around the length of the field
		write(t, p(strings.Repeat("w", n)), "")
		must(t, os.Symlink(strings.Repeat("v", n), p(fmt.Sprint("link", n))))
		mkdir(t, root, strings.Repeat("x", n-1))
	}
	must(t, os.Symlink(strings.Repeat("t/", 2047)+"t", p("long link")))
	must(t, os.Symlink("/nowhere\n", p("link")))
	must(t, os.Link(p("dir/file"), p("dir/sub/hard")))
	must(t, os.Link(p("dir/file"), p("a first name")))
	must(t, os.Link(p("link"), p("dir/hard link to a link")))
	must(t, unix.Mknod(p("char"), unix.S_IFCHR|0o620, int(unix.Mkdev(4, 300))))
	must(t, unix.Mknod(p("block"), unix.S_IFBLK|0o660, int(unix.Mkdev(259, largestMinor))))
	must(t, unix.Mknod(p("fifo"), unix.S_IFIFO|0o600, 0))
	must(t, os.Link(p("fifo"), p("dir/fifo")))
	must(t, unix.Mknod(p("whiteout"), unix.S_IFCHR, 0))
	must(t, unix.Mknod(p("opaque/whiteout"), unix.S_IFCHR, 0))
	must(t, os.Link(p("whiteout"), p("dir/whiteout"))) // the kernel links them
	setxattr(t, p("opaque"), "trusted.overlay.opaque", "y")

	must(t, os.Chown(p("dir/setuid"), -2, 2097152))
	must(t, os.Lchown(p("link"), 1, 2097151))
	must(t, os.Chown(p("dir/sub"), 1000, 1000))
	must(t, unix.Chmod(p("dir/setuid"), 0o6755))
	must(t, unix.Chmod(p("dir/sub"), 0o3777))
	must(t, unix.Chmod(p("dir/empty file"), 0))
	must(t, unix.Chmod(p("fifo"), 0o1602))

	setxattr(t, p("dir/setuid"), "security.capability", "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	setxattr(t, p("dir/file"), "security.selinux", "system_u:object_r:etc_t:s0\x00")
	setxattr(t, p("dir/file"), "user.a=b%3Dc%", "\x00\n=%\xff")
	setxattr(t, p("dir/file"), "user.empty", "")
	setxattr(t, p("dir/file"), "user.large", strings.Repeat("x\n", 30000))
	setxattr(t, p("dir"), "user.x", "dir")
	setxattr(t, p("link"), "trusted.on.a.link", "x")
	setxattr(t, p("char"), "security.x", "x")
	setxattr(t, p("fifo"), "trusted.x", "x")
	acl := "\x02\x00\x00\x00\x01\x00\x07\x00\xff\xff\xff\xff\x02\x00\x06\x00\xe8\x03\x00\x00\x04\x00\x05\x00\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff"
	setxattr(t, p("dir/setuid"), "system.posix_acl_access", acl)
	setxattr(t, p("dir"), "system.posix_acl_default", acl)
	setxattr(t, p("dir/sub"), "system.posix_acl_default", acl)

	large := int64(100 << 20)
	if testing.Short() { // tar writes the zeros out
		large = 4 << 20
	}
	sparse(t, p("sparse"), large, 5000, large/2, large-1)
	sparse(t, p("all hole"), 1<<20)
	sparse(t, p("one byte over"), 4097)
	sparse(t, p("hole at the end"), 300000, 0)
	sparse(t, p("hole at the start"), 300000, 299999)

	setTime(t, p("dir/file"), 1, 1)
	setTime(t, p("dir/setuid"), -1, 999999999)
	setTime(t, p("dir/empty file"), -1<<33, 500000000)
	setTime(t, p("link"), 1<<34, 123456789)
	setTime(t, p("char"), 8589934591, 0)
	setTime(t, p("block"), 8589934592, 0)
	setTime(t, p("fifo"), 0, 10)
	setTime(t, p("sparse"), -1<<40, 0)
	setTime(t, p("dir/sub"), 1<<31, 0)
	setTime(t, p("dir"), -1, 0)
	setTime(t, root, 1234567890, 987654321)
}

// sparse makes a file with one byte at some offsets.
func sparse(t tester, path string, size int64, bytes ...int64) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	for _, at := range bytes {
		_, err := f.WriteAt([]byte{'x'}, at)
		must(t, err)
	}
	must(t, f.Truncate(size))
	must(t, f.Close())
}

// TestLargeFile packs and replays data behind 2 and 4 GiB of a file: its offsets
// fit into no 32 bits.
func TestLargeFile(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "upper", "again")
	const size = 5 << 30
	at := []int64{0, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, size - 1}
	sparse(t, filepath.Join(root, "upper", "large"), size, at...)
	b := pack(t, filepath.Join(root, "upper"), nil)
	_, err := delta.Replay(bytes.NewReader(b), filepath.Join(root, "again"))
	must(t, err)
	f, err := os.Open(filepath.Join(root, "again", "large"))
	must(t, err)
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Size() != size {
		t.Errorf("the replayed file: %v, %v", st, err)
	}
	for _, off := range at {
		var got [1]byte
		if _, err := f.ReadAt(got[:], off); err != nil || got[0] != 'x' {
			t.Errorf("byte %d: %q, %v", off, got, err)
		}
	}
	if again := pack(t, filepath.Join(root, "again"), nil); !bytes.Equal(b, again) {
		t.Error("packing again gives another tar")
	}
	var repacked bytes.Buffer
	if _, err := delta.Repack(&repacked, bytes.NewReader(b), ""); err != nil || !bytes.Equal(b, repacked.Bytes()) {
		t.Errorf("repacked it is another tar, %v", err)
	}
}

func blocks(t tester, path string) int64 {
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	return st.Blocks
}

func TestRoundTrip(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "upper", "again")
	upper := filepath.Join(root, "upper")
	everything(t, upper)
	start := time.Now()
	b := pack(t, upper, nil)
	if len(b) > 2<<20 {
		t.Errorf("the tar has %d bytes", len(b))
	}
	_, err := delta.Replay(bytes.NewReader(b), filepath.Join(root, "again"))
	must(t, err)
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("it took %v", d)
	}
	same(t, "the replayed directory", upper, filepath.Join(root, "again"), true)
	for name, most := range map[string]int64{"sparse": 24, "all hole": 0, "one byte over": 8, "hole at the end": 8} {
		if n := blocks(t, filepath.Join(root, "again", name)); n > most {
			t.Errorf("%s takes %d blocks", name, n)
		}
	}
	if again := pack(t, filepath.Join(root, "again"), nil); !bytes.Equal(b, again) {
		t.Error("packing again gives another tar")
	}
	tree := delta.NewTree()
	must(t, tree.Add(bytes.NewReader(b)))
	stats, err := delta.Pack(&bytes.Buffer{}, upper, &delta.PackOptions{Base: tree})
	if err != nil || stats.Entries != 0 {
		t.Errorf("nothing changed, and %d entries are packed, %v", stats.Entries, err)
	}

	// On ext4, or whatever holds the temporary directory, the same bytes.
	disk := t.TempDir()
	if _, err := delta.Replay(bytes.NewReader(b), disk); err != nil {
		t.Logf("not compared with a disk: %v", err) // ext4 keeps no such times, overlayfs no whiteouts
		return
	}
}

// The bytes do not depend on what the file system allocated.
func TestDeterministicHoles(t *testing.T) {
	root := tmpfs(t, "size=64m")
	disk := t.TempDir()
	content := make([]byte, 1<<20)
	copy(content[40000:], "data")
	copy(content[1<<20-10:], "end")
	var tars [][]byte
	for i, dir := range []string{filepath.Join(root, "holes"), filepath.Join(root, "full"), filepath.Join(disk, "full"), filepath.Join(disk, "holes")} {
		must(t, os.Mkdir(dir, 0o755))
		f := filepath.Join(dir, "f")
		if i%3 == 0 {
			sparse(t, f, 1<<20)
			h, err := os.OpenFile(f, os.O_WRONLY, 0)
			must(t, err)
			h.WriteAt(content[40000:40010], 40000)
			h.WriteAt(content[1<<20-10:], 1<<20-10)
			must(t, h.Close())
		} else {
			must(t, os.WriteFile(f, content, 0o644))
		}
		setTime(t, f, 1, 0)
		setTime(t, dir, 1, 0)
		tars = append(tars, pack(t, dir, nil))
	}
	for _, b := range tars[1:] {
		if !bytes.Equal(b, tars[0]) {
			t.Error("the same content gives two tars")
		}
	}
}

// A tree that no path string reaches.
func TestDeepPaths(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "upper", "again")
	fd, err := unix.Open(filepath.Join(root, "upper"), unix.O_DIRECTORY, 0)
	must(t, err)
	name := strings.Repeat("n", 99)
	for range 300 {
		must(t, unix.Mkdirat(fd, name, 0o755))
		must(t, unix.Mkdirat(fd, "z", 0o700))
		next, err := unix.Openat(fd, name, unix.O_DIRECTORY, 0)
		must(t, err)
		unix.Close(fd)
		fd = next
	}
	unix.Close(fd)
	b := pack(t, filepath.Join(root, "upper"), nil)
	stats, err := delta.Replay(bytes.NewReader(b), filepath.Join(root, "again"))
	must(t, err)
	if stats.Entries != 601 {
		t.Errorf("%d entries", stats.Entries)
	}
	if !bytes.Equal(b, pack(t, filepath.Join(root, "again"), nil)) {
		t.Error("packing again gives another tar")
	}
	// A whiteout removes all of it.
	_, err = delta.Replay(bytes.NewReader(build(t, member{typ: char, name: name})), filepath.Join(root, "again"))
	must(t, err)
	if list(t, filepath.Join(root, "again"), true)[name] != "whiteout" {
		t.Error("no whiteout")
	}
	must(t, os.RemoveAll(filepath.Join(root, "upper")))
}

func TestLeftOut(t *testing.T) {
	root := tmpfs(t, "size=64m")
	upper := filepath.Join(root, "upper")
	mkdir(t, upper, "mnt/point", "run", "tmp/sub")
	write(t, filepath.Join(upper, "tmp/sub/x"), "")
	write(t, filepath.Join(upper, "x.log"), "")
	write(t, filepath.Join(upper, "kept"), "")
	l, err := net.Listen("unix", filepath.Join(upper, "run/socket"))
	must(t, err)
	defer l.Close()
	mount(t, "tmpfs", filepath.Join(upper, "mnt/point"), "tmpfs", "size=1m")
	write(t, filepath.Join(upper, "mnt/point/x"), "")
	for name, value := range map[string]string{"origin": "x", "impure": "y", "nlink": "U+1", "uuid": "x", "protattr": "x", "upper": "x", "opaque": "x"} {
		setxattr(t, filepath.Join(upper, "kept"), "trusted.overlay."+name, value)
		setxattr(t, filepath.Join(upper, "tmp"), "trusted.overlay."+name, value)
	}
	setxattr(t, filepath.Join(upper, "kept"), "user.overlay.opaque", "y")
	setxattr(t, filepath.Join(upper, "kept"), "trusted.overlay.overlay.opaque", "y")
	exclude, err := delta.ParseExclude(strings.NewReader("*.log\n/tmp/*\n"))
	must(t, err)
	b := pack(t, upper, &delta.PackOptions{Choose: dropping(exclude.Match)})
	got := list(t, replay(t, root, nil, b), true)
	if len(got) != 5 || got["kept"] == "" || got["mnt"] == "" || got["tmp"] == "" || got["run"] == "" {
		t.Errorf("%v", got)
	}
	content := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("trusted.overlay.overlay."), nil), []byte("user.overlay."), nil)
	if i := bytes.Index(content, []byte(".overlay.")); i >= 0 {
		t.Errorf("a private attribute: %q", b[i-20:i+30])
	}
	if !strings.Contains(got["kept"], `trusted.overlay.overlay.opaque="y"`) || !strings.Contains(got["kept"], `user.overlay.opaque="y"`) {
		t.Errorf("a container's mark is lost: %s", got["kept"])
	}
}

func TestXattrWhiteouts(t *testing.T) {
	root := tmpfs(t, "size=64m")
	upper := filepath.Join(root, "upper")
	mkdir(t, upper, "d", "e")
	for _, name := range []string{"d/gone", "d/full", "e/file"} {
		write(t, filepath.Join(upper, name), "")
		setxattr(t, filepath.Join(upper, name), "trusted.overlay.whiteout", "")
	}
	write(t, filepath.Join(upper, "d/full"), "x")
	setxattr(t, filepath.Join(upper, "d"), "trusted.overlay.opaque", "x")
	got := list(t, replay(t, root, nil, pack(t, upper, nil)), true)
	if got["d/gone"] != "whiteout" || got["d/full"] == "whiteout" || got["e/file"] == "whiteout" || strings.Contains(got["d"], "opaque") {
		t.Errorf("%v", got)
	}
}

func TestPrivate(t *testing.T) {
	root := tmpfs(t, "size=64m")
	for name, value := range map[string]string{"trusted.overlay.redirect": "/x", "trusted.overlay.metacopy": ""} {
		upper := filepath.Join(root, name)
		mkdir(t, upper, "dir")
		setxattr(t, filepath.Join(upper, "dir"), name, value)
		_, err := delta.Pack(&bytes.Buffer{}, upper, nil)
		if !errors.Is(err, delta.ErrPrivate) || !strings.HasPrefix(err.Error(), "cannot pack dir: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is packed while it changes is a tar that can be read, or no tar.
func TestChanging(t *testing.T) {
	root := tmpfs(t, "size=256m")
	upper := filepath.Join(root, "upper")
	mkdir(t, upper, "d")
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			for j, size := range []int64{100, 5000, 300000, 2000000} {
				p := filepath.Join(upper, "d", fmt.Sprint(j))
				switch (i + j) % 5 {
				case 0:
					os.Remove(p)
				case 1:
					os.WriteFile(p, bytes.Repeat([]byte{byte(i)}, int(size)), 0o644)
				case 2:
					os.Truncate(p, size/2)
				case 3:
					os.WriteFile(p+".new", bytes.Repeat([]byte{byte(i)}, int(size)/3), 0o644)
					os.Rename(p+".new", p)
				case 4:
					os.Link(p, p+".link")
					os.Remove(p + ".link")
				}
			}
		}
	}()
	packed := 0
	for range 300 {
		var b bytes.Buffer
		_, err := delta.Pack(&b, upper, nil)
		if errors.Is(err, delta.ErrChanged) {
			continue
		}
		must(t, err)
		packed++
		again, err := os.MkdirTemp(root, "")
		must(t, err)
		_, err = delta.Replay(&b, again)
		must(t, err)
		must(t, os.RemoveAll(again))
	}
	close(stop)
	<-done
	if packed < 30 {
		t.Errorf("only %d of 300 tries gave a tar", packed)
	}
}

// Entry "./" is there only if it says something.
func TestRoot(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "below", "upper")
	below, upper := filepath.Join(root, "below"), filepath.Join(root, "upper")
	must(t, os.Chmod(below, 0o1711))
	setxattr(t, below, "user.x", "y")
	setTime(t, below, 5, 6)
	attr, err := delta.ReadAttr(below)
	must(t, err)
	must(t, attr.Set(upper))
	same(t, "a directory with the attributes of another", below, upper, true)
	o := &delta.PackOptions{Root: attr}
	if s, err := delta.Pack(&bytes.Buffer{}, upper, o); err != nil || s.Entries != 0 {
		t.Errorf("%d entries, %v", s.Entries, err)
	}
	write(t, filepath.Join(upper, "f"), "")
	setTime(t, upper, 5, 6)
	b := pack(t, upper, o)
	if bytes.Contains(b, []byte("./\x00")) {
		t.Error("the root is packed though it does not differ")
	}
	same(t, "the replayed directory", upper, replay(t, root, attr, b), true)
	must(t, os.Chmod(upper, 0o700))
	same(t, "the replayed directory", upper, replay(t, root, attr, pack(t, upper, o)), true)
}
