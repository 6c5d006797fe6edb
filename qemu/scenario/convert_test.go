package scenario

import (
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/image"
)

// makeJFFS2 makes a jffs2 on the flash of the unit, as a router has it that was in
// use: files that are new, changed and deleted, and one that is large, if its size
// is not 0; spread says that it uses the end of the flash too.
func (u *unit) makeJFFS2(large int, spread bool) {
	u.Helper()
	content := u.TempDir()
	for name, text := range map[string]string{
		"upper/etc/config/system": "option hostname node-17\n",
		"upper/etc/of-the-user":   "kept\n",
	} {
		u.must(os.MkdirAll(filepath.Dir(filepath.Join(content, name)), 0o755))
		u.must(os.WriteFile(filepath.Join(content, name), []byte(text), 0o644))
	}
	u.must(os.Symlink("of-the-user", filepath.Join(content, "upper/etc/link")))
	if large > 0 {
		noise := make([]byte, large)
		rand.NewChaCha8([32]byte{1}).Read(noise)
		u.must(os.WriteFile(filepath.Join(content, "upper/etc/large"), noise, 0o600))
	}
	u.must(exec.Command("/bin/mknod", filepath.Join(content, "upper/etc/banner"), "c", "0", "0").Run())
	u.must(image.JFFS2(u.flash, content, smallSize, spread))
}

// converted is what the files of makeJFFS2 look like on the unit.
var converted = map[string]string{
	"/etc/config/system": "option hostname node-17",
	"/etc/of-the-user":   "kept",
	"/etc/link":          "kept",
	"/etc/banner":        "", // deleted
}

// A unit with jffs2 becomes one with a chain, in place.
func TestConvertJFFS2(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.makeJFFS2(0, false)
	u.boot()
	if r := u.report(); r.Layout != boot.Classic {
		u.Fatalf("layout %s", r.Layout)
	}
	u.holds(converted)
	u.run("echo new > /etc/new; rm /etc/passwd")
	const stat = "stat -c '%n %a %u %g %Y %F' /etc/config /etc/config/system /etc/of-the-user /etc/link"
	before := u.run(stat)
	u.run("sleep 1000 >/etc/held 2>/dev/null </dev/null & sleep 1")
	if said := u.refuse(1, "snapshot convert"); !strings.Contains(said, "/etc/held by process") {
		u.Errorf("it does not name who has a file open: %s", said)
	}
	u.run("kill $(pidof sleep); sleep 1; rm /etc/held; echo still writable > /etc/new")
	u.converts("snapshot convert --label from-jffs2")
	u.boot()
	r := u.state(0, true)
	if r.Holds != "chain" || len(r.Entries) != 1 || r.Entries[0].Label != "from-jffs2" || len(r.Skipped) > 0 {
		u.Errorf("it holds %s: %+v, %v", r.Holds, r.Entries, r.Skipped)
	}
	u.holds(converted)
	u.holds(map[string]string{"/etc/new": "still writable", "/etc/passwd": ""})
	u.want(strings.TrimSpace(before), stat)
	u.run("snapshot verify; snapshot push; echo 2 > /etc/two; snapshot config")
	u.boot()
	u.state(1, true)
	u.holds(converted)
	u.run("snapshot reset --erase --yes")
	u.boot()
	u.state(0, false)
	u.holds(map[string]string{"/etc/of-the-user": ""})
	for i, b := range u.bytes() {
		if b != 0xff {
			u.Fatalf("byte %d of the flash is not blank", i)
		}
	}
}

// Where jffs2 uses the end of the flash, the copy goes between its blocks. A boot
// finds it there, and the next command brings it to its place.
func TestConvertBetweenBlocks(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.makeJFFS2(150<<10, true)
	u.boot()
	u.holds(converted)
	said := u.run("snapshot convert --no-reboot; ! touch /etc/new")
	if !strings.Contains(said, "read-only") {
		u.Errorf("it says %q", said)
	}
	u.untouched("a command before the reboot", func() { u.refuse(69, "snapshot rollback") })
	u.boot()
	if at := smallSize - qemu.EraseSize; string(u.bytes()[at:at+2]) != "\x85\x19" {
		u.Error("the end of the flash is not in use by jffs2")
	}
	u.state(0, true)
	u.holds(converted)
	u.run("snapshot verify; echo new > /etc/new; snapshot config")
	u.boot()
	u.state(0, true)
	u.holds(converted)
	u.holds(map[string]string{"/etc/new": "new"})
}

// Where jffs2 leaves too little, nothing is touched, and there is the way via a
// file in RAM.
func TestConvertFullJFFS2(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.makeJFFS2(600<<10, false)
	u.boot()
	u.holds(converted)
	u.refuse(73, "snapshot convert")
	u.holds(converted)
	u.run("echo writable > /etc/new; sync")
	u.refuse(64, "snapshot convert --via /etc/image")
	u.converts("snapshot convert --via /tmp/image")
	u.boot()
	u.state(0, true)
	u.holds(converted)
	u.holds(map[string]string{"/etc/new": "writable"})
}

// ext4 does not tell what it leaves unused.
func TestConvertExt4(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.Block)
	content := t.TempDir()
	u.must(os.MkdirAll(filepath.Join(content, "upper/etc"), 0o755))
	u.must(os.WriteFile(filepath.Join(content, "upper/etc/of-the-user"), []byte("kept"), 0o644))
	if out, err := exec.Command("/usr/sbin/mkfs.ext4", "-q", "-F", "-d", content, u.flash).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	u.boot()
	u.refuse(73, "snapshot convert")
	u.run("echo writable > /etc/new")
	u.converts("snapshot convert --via /tmp/image")
	u.boot()
	u.state(0, true)
	u.holds(map[string]string{"/etc/of-the-user": "kept", "/etc/new": "writable"})
}

// A unit that fstools looked after becomes one of ours, with all its entries.
func TestConvertFstools(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.fstoolsImage()
	u.boot()
	r := u.report()
	if r.Holds != "fstools" || len(r.Skipped) == 0 {
		u.Fatalf("it holds %s: %v", r.Holds, r.Skipped)
	}
	u.converts("snapshot convert")
	u.boot()
	u.state(2, true)
	u.run("grep -q node-17 /etc/config/system; test -s /usr/bin/blob1; snapshot verify")
}

// fstoolsImage makes the flash of the unit one that fstools wrote: two snapshots, a
// volatile entry, its copy at the end.
func (u *unit) fstoolsImage() {
	u.Helper()
	source, err := image.Source()
	u.must(err)
	f, err := os.Open(filepath.Join(source, "chain", "fstools", "testdata", "chain-64k.img.gz"))
	u.must(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	u.must(err)
	content, err := io.ReadAll(z)
	u.must(err)
	u.must(os.WriteFile(u.flash, content, 0o644))
}

// converts runs a conversion and waits for the reboot that it ends in.
func (u *unit) converts(command string) {
	u.Helper()
	if r, err := u.vm.Run(command); err == nil {
		u.Fatalf("%q: the unit did not reboot: exit status %d\n%s%s", command, r.Status, r.Output, r.Errors)
	}
	u.must(u.vm.Wait(qemu.CommandTimeout))
}

// jffs2 that the kernel does not mount, here for want of erase blocks, leaves the
// unit with the bare firmware, and is not touched.
func TestJFFS2ThatDoesNotMount(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.makeJFFS2(0, false)
	u.must(os.Truncate(u.flash, 4*qemu.EraseSize))
	u.untouched("a boot with jffs2 that does not mount", func() {
		u.boot()
		if r := u.report(); r.Layout != boot.Stacked || r.Holds != "jffs2" {
			u.Errorf("layout %s on %s", r.Layout, r.Holds)
		}
		u.skipped("overlay", "jffs2")
		u.refuse(66, "snapshot config")
		u.refuse(69, "snapshot convert")
	})
}
