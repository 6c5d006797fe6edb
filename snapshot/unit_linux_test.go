package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/flash"
	"chainroot/mount"
)

// unit is a running unit in a mount name space of the test: real overlays over
// a firmware, put together from a chain image as preinit does it.
type unit struct {
	*image
	root string
	rom  string
}

// newUnit makes a unit with a firmware and empty flash, and boots it. The test
// goes on in a thread, and a mount name space, of its own.
func newUnit(t *testing.T) *unit {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts file systems")
	}
	inNamespace(t)
	u := &unit{image: newImage(t, 4<<20)}
	u.root, u.rom = filepath.Join(u.dir, "root"), filepath.Join(u.dir, "rom")
	t.Cleanup(u.down)
	mkdir(t, u.rom)
	for _, dir := range []string{"etc/snapshot", "www", "snapshot", "overlay", "rom"} {
		mkdir(t, filepath.Join(u.rom, dir))
	}
	for name, content := range map[string]string{"etc/hostname": "unit", "etc/motd": "hello", "www/index.html": "page"} {
		must(t, os.WriteFile(filepath.Join(u.rom, name), []byte(content), 0o644))
	}
	u.boot()
	return u
}

// inNamespace gives the test a thread, and a mount name space, of its own.
func inNamespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	must(t, unix.Unshare(unix.CLONE_FS|unix.CLONE_NEWNS))
	must(t, unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mkdir(t testing.TB, dir string) string {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	return dir
}

// boot starts the unit anew: what is in RAM is gone. With snapshots it boots
// the state after so many, without the volatile entry.
func (u *unit) boot(snapshots ...int) {
	t := u.t
	t.Helper()
	u.down()
	dev, err := chain.OpenFlash(u.path, &flash.Options{ReadOnly: true})
	must(t, err)
	defer dev.Close()
	c, err := chain.Open(dev)
	must(t, err)
	must(t, c.Check())
	entries, asked := c.Entries(), "last"
	if len(snapshots) > 0 {
		entries, asked = entries[:snapshots[0]], fmt.Sprint("rollback=", snapshots[0])
	}
	r := boot.Report{Version: 1, Asked: asked, Layout: boot.Stacked, Device: u.path}
	first, second := filepath.Join(u.dir, "first"), filepath.Join(u.dir, "second")
	for _, tmpfs := range []string{first, second} {
		must(t, mount.Tmpfs("layer", mkdir(t, tmpfs), ""))
		mkdir(t, tmpfs+"/work")
	}
	inherit(t, u.rom, mkdir(t, first+"/upper"))
	replay := func(e *chain.Entry, upper string) {
		tar, err := c.Tar(e)
		must(t, err)
		_, err = delta.Replay(tar, upper)
		must(t, err)
		if r.State.Volatile = e.IsVolatile(); !r.State.Volatile {
			r.State.Snapshot = e.Number
		}
		r.State.ID = e.Hash.String()
		r.Entries = append(r.Entries, boot.Entry{Number: e.Number, Volatile: e.IsVolatile(), Hash: e.Hash.String()})
	}
	for _, e := range entries {
		if !e.IsVolatile() {
			replay(e, first+"/upper")
		}
	}
	inherit(t, first+"/upper", mkdir(t, second+"/upper"))
	for _, e := range entries {
		if e.IsVolatile() {
			replay(e, second+"/upper")
		}
	}
	lower := mount.Overlay{Source: "lower", Lower: []string{u.rom}, Upper: first + "/upper", Work: first + "/work"}
	must(t, lower.Mount(mkdir(t, filepath.Join(u.dir, "lower")), "/sys"))
	top := mount.Overlay{Source: "top", Lower: []string{filepath.Join(u.dir, "lower")}, Upper: second + "/upper", Work: second + "/work"}
	must(t, top.Mount(mkdir(t, u.root), "/sys"))
	must(t, mount.Detach(filepath.Join(u.dir, "lower")))
	must(t, unix.Mount(first, u.root+"/snapshot", "", unix.MS_BIND, ""))
	must(t, unix.Mount(second, u.root+"/overlay", "", unix.MS_BIND, ""))
	must(t, unix.Mount(u.rom, u.root+"/rom", "", unix.MS_BIND, ""))
	must(t, os.WriteFile(u.root+boot.ReportPath, r.AppendJSON(nil), 0o644))
}

// down takes the running system away.
func (u *unit) down() {
	for _, dir := range []string{"root", "first", "second"} {
		if err := unix.Unmount(filepath.Join(u.dir, dir), unix.MNT_DETACH); err != nil && err != unix.EINVAL && err != unix.ENOENT {
			u.t.Error(err)
		}
	}
}

// inherit gives a directory the attributes of the one below it.
func inherit(t testing.TB, below, dir string) {
	t.Helper()
	a, err := delta.ReadAttr(below)
	must(t, err)
	must(t, a.Set(dir))
}

func (u *unit) run(args ...string) (out, errs string, code int) {
	u.t.Helper()
	return run(u.t, u.root, args...)
}

func (u *unit) must(args ...string) string {
	u.t.Helper()
	out, errs, code := u.run(args...)
	if code != 0 {
		u.t.Fatalf("snapshot %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

// do changes the running system: path content, path "-" to delete, path "/" for
// a directory.
func (u *unit) do(changes ...string) {
	u.t.Helper()
	for i := 0; i < len(changes); i += 2 {
		path, what := filepath.Join(u.root, changes[i]), changes[i+1]
		switch what {
		case "-":
			must(u.t, os.RemoveAll(path))
		case "/":
			mkdir(u.t, path)
		default:
			must(u.t, os.WriteFile(path, []byte(what), 0o644))
		}
	}
}

// shows compares the files of the running system with those given.
func (u *unit) shows(want ...string) {
	u.t.Helper()
	var got []string
	must(u.t, filepath.Walk(u.root, func(path string, st os.FileInfo, err error) error {
		must(u.t, err)
		name, _ := filepath.Rel(u.root, path)
		if name == "snapshot" || name == "overlay" || name == "rom" {
			return filepath.SkipDir
		}
		if st.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			must(u.t, err)
			got = append(got, name+"="+string(b))
		}
		return nil
	}))
	sort.Strings(want)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		u.t.Errorf("the unit shows\n %s, want\n %s", got, want)
	}
}

var firmware = []string{"etc/hostname=unit", "etc/motd=hello", "www/index.html=page"}

func TestUnitKeepsWhatWasCommitted(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1", "etc/motd", "-")
	u.boot()
	u.shows(firmware...)

	u.do("etc/a", "1", "etc/motd", "-")
	u.must("config")
	sum := u.sum()
	u.must("config")
	if u.sum() != sum {
		t.Error("a second config wrote to the flash")
	}
	u.boot()
	u.shows("etc/a=1", "etc/hostname=unit", "www/index.html=page")
	if out := u.must("config"); u.sum() != sum {
		t.Errorf("config after a boot wrote to the flash: %s", out)
	}
	u.must("push", "--label", "first")
	if out := u.must("push"); !strings.Contains(out, "nothing to push") {
		t.Errorf("second push: %s", out)
	}
	u.boot()
	u.shows("etc/a=1", "etc/hostname=unit", "www/index.html=page")
	u.must("config")
	if v := u.info(); len(v.Entries) != 1 || v.Entries[0].Label != "first" {
		t.Errorf("chain: %+v", v.Entries)
	}
}

// TestUnitAfterPush goes on without a reboot: what was pushed is in the upper
// directory and in the chain.
func TestUnitAfterPush(t *testing.T) {
	for _, c := range []struct {
		name  string
		push  []string // changes, then push
		then  []string // changes, then config
		want  []string
		stage bool // push a second time before the changes
	}{
		{"nothing", []string{"etc/a", "1"}, nil, append([]string{"etc/a=1"}, firmware...), false},
		{"delete", []string{"etc/a", "1", "etc/b", "2"}, []string{"etc/a", "-"}, append([]string{"etc/b=2"}, firmware...), false},
		{"delete of firmware", []string{"etc/motd", "new"}, []string{"etc/motd", "-"}, []string{"etc/hostname=unit", "www/index.html=page"}, false},
		{"undelete of firmware", []string{"etc/motd", "-"}, []string{"etc/motd", "back"}, []string{"etc/hostname=unit", "etc/motd=back", "www/index.html=page"}, false},
		{"change", []string{"etc/a", "1"}, []string{"etc/a", "2"}, append([]string{"etc/a=2"}, firmware...), false},
		{"directory to file", []string{"d", "/", "d/x", "1"}, []string{"d", "-", "d", "file"}, append([]string{"d=file"}, firmware...), false},
		{"file to directory", []string{"d", "file"}, []string{"d", "-", "d", "/", "d/x", "1"}, append([]string{"d/x=1"}, firmware...), false},
		{"firmware directory to file", []string{"etc/a", "1"}, []string{"www", "-", "www", "file"}, []string{"etc/a=1", "etc/hostname=unit", "etc/motd=hello", "www=file"}, false},
		{"firmware directory to file and back", []string{"www", "-", "www", "file"}, []string{"www", "-", "www", "/", "www/x", "1"}, []string{"etc/hostname=unit", "etc/motd=hello", "www/x=1"}, false},
		{"directory emptied", []string{"d", "/", "d/x", "1", "d/y", "2"}, []string{"d", "-", "d", "/", "d/z", "3"}, append([]string{"d/z=3"}, firmware...), false},
		{"after two pushes", []string{"etc/a", "1", "etc/b", "1"}, []string{"etc/a", "-", "etc/b", "-"}, firmware, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUnit(t)
			u.do(c.push...)
			u.must("push")
			if c.stage {
				u.do("etc/b", "2", "etc/c", "3")
				u.must("push")
				u.do("etc/c", "-")
			}
			u.do(c.then...)
			u.must("config")
			u.boot()
			u.shows(c.want...)
			u.must("push")
			u.boot()
			u.shows(c.want...)
			if sum := u.sum(); u.must("config") == "" || u.sum() != sum {
				t.Error("config right after a boot wrote to the flash")
			}
		})
	}
}

func TestUnitRollback(t *testing.T) {
	u := newUnit(t)
	for _, n := range []string{"1", "2", "3"} {
		u.do("etc/a", n, "etc/only-"+n, n)
		u.must("push")
	}
	u.do("etc/a", "4")
	u.must("config")
	u.must("rollback", "1")
	u.boot()
	u.shows(append([]string{"etc/a=1", "etc/only-1=1"}, firmware...)...)
	u.must("rollback", "--undo")
	u.boot()
	u.shows(append([]string{"etc/a=4", "etc/only-1=1", "etc/only-2=2", "etc/only-3=3"}, firmware...)...)
	u.must("rollback", "1")
	u.boot()
	u.do("etc/b", "new")
	u.must("config")
	if _, errs, code := u.run("rollback", "--undo"); code != exitState {
		t.Errorf("undo after the space was used: exit %d: %s", code, errs)
	}
	u.must("push")
	u.must("rollback")
	u.must("rollback", "--undo")
	u.boot()
	u.shows(append([]string{"etc/a=1", "etc/b=new", "etc/only-1=1"}, firmware...)...)
	u.must("verify")
}

// TestUnitOnAnotherState refuses to save what would stand on something else
// than what runs.
func TestUnitOnAnotherState(t *testing.T) {
	u := newUnit(t)
	for _, n := range []string{"1", "2"} {
		u.do("etc/a", n)
		u.must("push")
	}
	u.boot(1)
	u.do("etc/x", "x")
	sum := u.sum()
	for _, verb := range []string{"config", "push"} {
		_, errs, code := u.run(verb)
		if code != exitState || !strings.Contains(errs, "snapshot rollback 1") || !strings.Contains(errs, "snapshot.rollback=1") {
			t.Errorf("%s: exit %d: %s", verb, code, errs)
		}
	}
	if u.sum() != sum {
		t.Error("the flash was touched")
	}
	u.must("rollback", "1")
	u.must("config")
	u.boot()
	u.shows(append([]string{"etc/a=1", "etc/x=x"}, firmware...)...)

	u.must("push")
	u.boot()
	u.must("rollback", "0")
	u.do("etc/y", "y")
	if _, errs, code := u.run("config"); code != exitState || !strings.Contains(errs, "reboot first") {
		t.Errorf("config after a roll-back without a reboot: exit %d: %s", code, errs)
	}
	// Another chain grows where the one was that this system runs on.
	u.image.must("push", "--upper", u.upper("etc/z", "z"))
	if _, errs, code := u.run("config"); code != exitState || !strings.Contains(errs, "no longer holds snapshot 1") {
		t.Errorf("config on a chain with another snapshot 1: exit %d: %s", code, errs)
	}
}

func TestUnitTakesTheVolatileEntryOut(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1")
	u.must("config")
	u.boot(0)
	if out := u.must("config"); !strings.Contains(out, "--undo") {
		t.Errorf("config of no difference: %s", out)
	}
	u.boot()
	u.shows(firmware...)
	u.must("rollback", "--undo")
	u.boot()
	u.shows(append([]string{"etc/a=1"}, firmware...)...)
}

func TestUnitExcludes(t *testing.T) {
	u := newUnit(t)
	u.do("etc/snapshot/exclude", "*.tmp\n/cache/\n", "etc/a", "1", "etc/a.tmp", "2", "cache", "/", "cache/x", "3")
	u.must("push")
	u.boot()
	u.shows(append([]string{"etc/a=1", "etc/snapshot/exclude=*.tmp\n/cache/\n"}, firmware...)...)
	u.do("etc/snapshot/exclude", strings.Repeat("x", 1<<20))
	if _, errs, code := u.run("config"); code != exitFailed || !strings.Contains(errs, "/etc/snapshot/exclude") {
		t.Errorf("a pattern without end: exit %d: %s", code, errs)
	}
}

// TestUnitChooses: the defaults go by what the root is; include wins over all.
func TestUnitChooses(t *testing.T) {
	for _, c := range []struct {
		name string
		root string   // the file that tells
		do   []string // changes
		want []string // of them, what is there after a boot
	}{
		{"neither", "etc/os-release", []string{"tmp", "/", "tmp/x", "1"}, []string{"tmp/x=1"}},
		{"OpenWrt", "etc/openwrt_release", []string{"tmp", "/", "tmp/x", "1", "etc/urandom.seed", "1", "etc/opkg.conf", "1"}, []string{"etc/opkg.conf=1"}},
		{"Debian", "etc/debian_version", []string{"tmp", "/", "tmp/x", "1", "var/log/journal", "/", "var/log/journal/x", "1", "var/cache/apt", "/", "var/cache/apt/pkgcache.bin", "1", "var/cache/apt/x", "1"},
			[]string{"var/cache/apt/x=1", "var/log/journal/x=1"}},
		{"include over the defaults", "etc/openwrt_release", []string{"etc/snapshot/include", "/tmp/keep", "tmp", "/", "tmp/x", "1", "tmp/keep", "1"}, []string{"etc/snapshot/include=/tmp/keep", "tmp/keep=1"}},
		{"include over exclude", "etc/os-release", []string{"etc/snapshot/include", "*.conf", "etc/snapshot/exclude", "/data/", "data/deep/down", "/", "data/x", "1", "data/deep/x", "1", "data/deep/a.conf", "1"},
			[]string{"data/deep/a.conf=1", "etc/snapshot/exclude=/data/", "etc/snapshot/include=*.conf"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUnit(t)
			u.do(append([]string{c.root, ""}, c.do...)...)
			u.must("config")
			sum := u.sum()
			if u.must("config"); u.sum() != sum {
				t.Error("a second config wrote to the flash")
			}
			u.boot()
			u.shows(append(append([]string{c.root + "="}, c.want...), firmware...)...)
			u.must("config")
			if u.sum() != sum {
				t.Error("config after a boot wrote to the flash")
			}
		})
	}
	u := newUnit(t)
	u.do("etc/snapshot/include", strings.Repeat("x", 1<<20))
	if _, errs, code := u.run("config"); code != exitFailed || !strings.Contains(errs, "/etc/snapshot/include") {
		t.Errorf("a pattern without end: exit %d: %s", code, errs)
	}
}

// TestReadmeHasTheDefaults compares the table there with what is dropped.
func TestReadmeHasTheDefaults(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	must(t, err)
	for _, file := range []string{"/etc/openwrt_release", "/etc/debian_version"} {
		patterns := strings.Fields(delta.Defaults(func(path string) bool { return path == file }))
		if row := "(`" + file + "`) | `" + strings.Join(patterns, "` `") + "` |"; !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row with %q", row)
		}
	}
}

// TestUnitWithoutExcludes: where the file would lie is something else.
func TestUnitWithoutExcludes(t *testing.T) {
	u := newUnit(t)
	u.do("etc/snapshot", "-", "etc/snapshot", "a file")
	u.must("config")
	u.boot()
	u.shows(append([]string{"etc/snapshot=a file"}, firmware...)...)
}

func TestUnitFlashFull(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1")
	u.must("config")
	sum := u.sum()
	u.do("big", randomText(5<<20))
	_, errs, code := u.run("config")
	if code != exitNoRoom || !strings.Contains(errs, "erase blocks") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if u.sum() != sum {
		t.Error("the flash was touched")
	}
}

// TestUnitPushesSomethingElse pushes a directory that is not what runs: the next
// config must not take the difference to it for a change of the unit.
func TestUnitPushesSomethingElse(t *testing.T) {
	u := newUnit(t)
	u.must("push", "--upper", u.upper("etc/other", "1"))
	if _, errs, code := u.run("config"); code != exitState || !strings.Contains(errs, "reboot") {
		t.Errorf("exit %d: %s", code, errs)
	}
	u.boot()
	u.shows(append([]string{"etc/other=1"}, firmware...)...)
}

// TestReportOfTheBoot: what cannot be read is an error, not a guess.
func TestReportOfTheBoot(t *testing.T) {
	for _, c := range []struct {
		report, say string
		code        int
	}{
		{`{"version":1`, "cannot read the report", exitFailed},
		{`{"version":1,"device":""}`, "no rootfs_data", exitDevice},
		{`{"version":1,"device":"/nowhere/at/all"}`, "/nowhere/at/all", exitDevice},
	} {
		root := t.TempDir()
		mkdir(t, root+"/snapshot")
		must(t, os.WriteFile(root+boot.ReportPath, []byte(c.report), 0o644))
		_, errs, code := run(t, root, "config")
		if code != c.code || !bytes.Contains([]byte(errs), []byte(c.say)) {
			t.Errorf("%s: exit %d: %s", c.report, code, errs)
		}
	}
}
