package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
)

// An entry that was written elsewhere can have any label and any time: nothing of
// it does something to a terminal, and JSON says what it can.
func TestForeignLabelsAndTimes(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	dev, err := chain.OpenFlash(i.path, &flash.Options{})
	must(t, err)
	c, err := chain.Open(dev)
	must(t, err)
	p, _, err := (&cli{}).directory(i.upper("etc/b", "2"), nil)
	must(t, err)
	x, err := chain.NewExport(c, p, "a\x1b[31mb\r\nc\u202ed\xff", 1<<60)
	must(t, err)
	_, err = c.Import(x, false, time.Unix(-1<<60, 0))
	must(t, err)
	must(t, c.Pin(2, true, time.Unix(1<<60, 0)))
	must(t, dev.Close())
	const want = `a\x1b[31mb\r\nc\u202ed\xff`
	for _, args := range []string{"list --json", "info --json", "log --json", "show 2 --json"} {
		if out := i.must(strings.Fields(args)...); !json.Valid([]byte(out)) {
			t.Errorf("%s: %s", args, out)
		}
	}
	for _, args := range []string{"list", "info", "show 2", "log", "map", "unpin 2", "status", "verify"} {
		out := i.must(strings.Fields(args)...)
		if strings.ContainsAny(out, "\x1b\r\u202e") || strings.Contains(out, "\xff") || !strings.Contains(out, want) && args != "status" && args != "verify" && args != "log" {
			t.Errorf("%s: %q", args, out)
		}
	}
	if out := i.must("list"); !strings.Contains(out, "9999-12-31 23:59:59") {
		t.Errorf("list: %s", out)
	}
}

// An error is one line, whatever a file is called.
func TestErrorsAreOneLine(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	name := filepath.Join(i.dir, "a\nsnapshot: b\x1b[2J")
	for _, args := range [][]string{
		{"import", name},
		{"export", "1", "-o", filepath.Join(name, "x")},
		{"build", name},
		{"config", "--upper", name},
		{"map", "--svg", filepath.Join(name, "x")},
		{"extract", "1", filepath.Join(name, "x")},
		{"list", "--device", name},
	} {
		_, errs, code := i.run(args...)
		if code == 0 || strings.Count(errs, "\n") != 1 || strings.Contains(errs, "\x1b") || !strings.HasPrefix(errs, "snapshot: ") {
			t.Errorf("%s: exit %d: %q", args[0], code, errs)
		}
	}
}

// A script whose variable is not set does not work on the chain of the unit.
func TestEmptyDevice(t *testing.T) {
	i := newImage(t, 1<<20)
	for _, args := range [][]string{{"list", "--device", ""}, {"--device=", "reset", "--erase", "--yes"}} {
		if _, errs, code := i.run(args...); code != exitUsage || !strings.Contains(errs, "names no device") {
			t.Errorf("%q: exit %d: %s", args, code, errs)
		}
	}
	if _, errs, _ := run(t, "/nowhere", "--nonsense"); !strings.HasSuffix(errs, "see `snapshot help`\n") {
		t.Errorf("a flag and no command: %s", errs)
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// What cannot be said is an error; but a damage has its exit code all the same.
func TestVerifyOnFullDisk(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	verify := func() int {
		c := &cli{out: fullDisk{}, errs: &strings.Builder{}, root: "/nowhere"}
		return c.main([]string{"--device", i.path, "verify"})
	}
	if code := verify(); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	b, err := os.ReadFile(i.path)
	must(t, err)
	b[chain.HeaderSize+40] ^= 1 // in the entry
	must(t, os.WriteFile(i.path, b, 0o644))
	if code := verify(); code != exitDamaged {
		t.Errorf("damaged: exit %d", code)
	}
}

// A link stays a link, and what is no place for a file is refused; of what is no file see
// TestOutput: a test that fails must not take /dev/null away.
func TestOutputFile(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	link, target := filepath.Join(i.dir, "link"), filepath.Join(i.dir, "target")
	must(t, os.Symlink("target", link))
	must(t, os.WriteFile(target, []byte("old"), 0o644))
	want := i.must("export", "1")
	for _, c := range []struct {
		name, file string
		code       int
		say        string
	}{
		{"a new file", filepath.Join(i.dir, "new"), exitOK, ""},
		{"a link to a file", link, exitOK, ""},
		{"a directory", i.dir, exitUsage, "name a file"},
		{"no name", "", exitUsage, "name a file"},
	} {
		for _, args := range [][]string{{"export", "1"}, {"build", i.upper("etc/b", "1")}} {
			if _, errs, code := i.run(append(args, "-o", c.file)...); code != c.code || !strings.Contains(errs, c.say) {
				t.Errorf("%s: exit %d: %s", c.name, code, errs)
			}
		}
	}
	i.must("export", "1", "-o", link)
	if b, err := os.ReadFile(target); err != nil || string(b) != want {
		t.Errorf("the target of the link: %d bytes, %v", len(b), err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%s is no link any more: %v", link, err)
	}
}

// The time that the environment names is one that can be written.
func TestSourceDateEpoch(t *testing.T) {
	i := newImage(t, 1<<20)
	dir := i.upper("etc/a", "1")
	for _, c := range []struct {
		epoch string
		code  int
	}{
		{"0", exitOK}, {"1700000000", exitOK}, {fmt.Sprint(maxTime), exitOK},
		{fmt.Sprint(maxTime + 1), exitUsage}, {"-1", exitUsage}, {"1e3", exitUsage}, {"now", exitUsage},
	} {
		var out, errs strings.Builder
		p := &cli{out: &out, errs: &errs, root: "/nowhere", env: func(string) string { return c.epoch }}
		if code := p.main([]string{"build", dir}); code != c.code || code != 0 && !strings.Contains(errs.String(), "seconds since 1970") {
			t.Errorf("%s: exit %d: %s", c.epoch, code, errs.String())
		}
	}
}

// --rebase is no way out for those who have asked for it.
func TestRebaseOfTwoVolatileEntries(t *testing.T) {
	from, to := newImage(t, 1<<20), newImage(t, 1<<20)
	for n, i := range []*image{from, to} {
		i.must("config", "--upper", i.upper("etc/a", fmt.Sprint(n)))
	}
	all := filepath.Join(from.dir, "all")
	from.must("export", "--all", "-o", all)
	sum := to.sum()
	if _, errs, code := to.run("import", all, "--rebase"); code != exitState || strings.Contains(errs, "--rebase") || !strings.Contains(errs, "`snapshot push`") || to.sum() != sum {
		t.Errorf("exit %d: %s", code, errs)
	}
	to.must("push")
	to.must("import", all, "--rebase")
	to.must("verify")
	// What was put on top is not put there again, whatever has become of it.
	for _, then := range []string{"verify", "push"} {
		to.must(then)
		sum := to.sum()
		if out := to.must("import", all, "--rebase"); !strings.Contains(out, "already") || to.sum() != sum {
			t.Errorf("again, after a %s: %s", then, out)
		}
	}
}

// The message of the day is noted on the unit that it is about, and nowhere else.
func TestMotdOfAnImage(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("push", "--try", "--upper", i.upper("etc/a", "1"))
	root := t.TempDir()
	mkdir(t, filepath.Join(root, "snapshot"))
	for range 2 {
		out, errs, code := run(t, root, "--device", i.path, "log", "--motd")
		if code != 0 || !strings.Contains(out, "is on trial") {
			t.Errorf("exit %d: %s%s", code, out, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(root, saidPath)); err == nil {
		t.Errorf("it was noted in %s", saidPath)
	}
}

// A patch names files as patch(1) and git read it.
func TestPatchNames(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"b/etc/a", "b/etc/a"},
		{"b/etc/h\u00e9", "b/etc/h\u00e9"},
		{"b/two words", "b/two words\t"},
		{"b/li ne\n", `"b/li ne\012"`},
		{`b/"q\`, `"b/\"q\\"`},
		{"b/\xff\x1b\x7f", `"b/\377\033\177"`},
		{"b/\u00e9\u202e", `"b/\303\251\342\200\256"`},
	} {
		if got := patchName(c.name); got != c.want {
			t.Errorf("%q: %s, want %s", c.name, got, c.want)
		}
	}
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("there is no patch(1)")
	}
	names := []string{"etc/a", "etc/two words", "etc/line\nline", "etc/\xff", "etc/h\u00e9", "etc/\t\"\\"}
	i, dir := newImage(t, 1<<20), t.TempDir()
	for _, content := range []string{"one\n", "two\n"} {
		var files []string
		for _, name := range names {
			files = append(files, name, content)
		}
		i.must("push", "--upper", i.upper(files...))
		if content == "one\n" {
			mkdir(t, filepath.Join(dir, "etc"))
			for _, name := range names {
				must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
			}
		}
	}
	patch := exec.Command("patch", "-p1", "--batch", "-d", dir)
	patch.Stdin = strings.NewReader(i.must("diff", "1", "2", "--patch"))
	if out, err := patch.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range names {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != "two\n" {
			t.Errorf("%q: %q, %v", name, b, err)
		}
	}
}

// In a directory, a name is a name: with an owner as without. Only in a layer it may
// delete something.
func TestBuildOfNamesAsInLayers(t *testing.T) {
	i := newImage(t, 1<<20)
	dir := i.upper(".wh.a", "1", "etc/.wh..wh..opq", "2")
	for n, args := range [][]string{{"build", dir}, {"build", dir, "--owner", "7:8"}} {
		file := filepath.Join(i.dir, "built")
		if _, errs, code := run(t, "/nowhere", append(args, "-o", file)...); code != 0 {
			t.Fatalf("%q: exit %d: %s", args, code, errs)
		}
		i.must("import", file, "--rebase")
		for name, want := range map[string]string{"/.wh.a": "1", "/etc/.wh..wh..opq": "2"} {
			if got := i.must("cat", fmt.Sprint(n+1), name); got != want {
				t.Errorf("%q: %s is %q", args, name, got)
			}
		}
	}
	if out := i.must("show", "2"); !strings.Contains(out, "0 added, 3 modified, 0 deleted") {
		t.Errorf("another owner: %s", out)
	}
}

// A chain of a newer version is not taken for one that is empty, by any command.
func TestNewerChain(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	b, err := os.ReadFile(i.path)
	must(t, err)
	b[9] = 2 // the version
	binary.BigEndian.PutUint32(b[252:], crc32.ChecksumIEEE(b[:252]))
	must(t, os.WriteFile(i.path, b, 0o644))
	sum := i.sum()
	for _, args := range [][]string{
		{"id"}, {"info"}, {"list", "--json"}, {"status"}, {"log"}, {"map"}, {"verify"}, {"show", "1"}, {"diff"}, {"cat", "1", "etc/a"},
		{"extract", "1", filepath.Join(i.dir, "new")}, {"export", "--all"}, {"build", i.upper("a", "b")}, {"config", "--upper", i.upper("a", "b")},
		{"push"}, {"rollback", "0"}, {"compact"}, {"pin", "1"}, {"import", i.path}, {"confirm"}, {"reset", "--erase", "--yes"},
	} {
		out, errs, code := i.run(args...)
		if code != exitDamaged || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "newer format: version 2") {
			t.Errorf("%q: exit %d: %s%s", args, code, out, errs)
		}
	}
	if i.sum() != sum {
		t.Error("the image was touched")
	}
}
