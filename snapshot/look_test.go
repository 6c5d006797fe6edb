package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/chain"
)

// newHistory returns an image with two snapshots and a volatile entry:
//
//	1         etc/a, etc/b, bin/data (with a NUL), link -> etc/a, a pipe
//	2         etc/a with another line, etc/b deleted
//	volatile  etc/c, and rom/file deleted from the firmware
func newHistory(t *testing.T) *image {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes whiteouts")
	}
	i := newImage(t, 2<<20)
	first := i.upper("etc/a", "one\ntwo\nthree\n", "etc/b", "b\n", "bin/data", "\x00\x01")
	must(t, os.Symlink("etc/a", filepath.Join(first, "link")))
	must(t, unix.Mkfifo(filepath.Join(first, "pipe"), 0o644))
	i.must("push", "--upper", first, "--label", "first light")
	second := i.upper("etc/a", "one\n2\nthree\n", "bin/data", "\x00\x02")
	must(t, unix.Mknod(filepath.Join(second, "etc/b"), unix.S_IFCHR, 0))
	i.must("push", "--upper", second)
	third := i.upper("etc/c", "c\n", "rom/x", "")
	must(t, unix.Mknod(filepath.Join(third, "rom/file"), unix.S_IFCHR, 0))
	i.must("config", "--upper", third, "--label", "work")
	return i
}

func TestList(t *testing.T) {
	i := newHistory(t)
	var list []stateLine
	must(t, json.Unmarshal([]byte(i.must("list", "--json")), &list))
	if len(list) != 4 {
		t.Fatalf("%d states: %+v", len(list), list)
	}
	for n, want := range []stateLine{
		{State: "0"},
		{State: "1", Label: "first light", tally: tally{Added: 5, Bytes: 18}},
		{State: "2", tally: tally{Modified: 2, Deleted: 1, Bytes: 14}},
		{State: "config", Label: "work", tally: tally{Added: 2, Deleted: 1, Bytes: 2}, Next: true},
	} {
		got := list[n]
		if (got.Created == nil) != (n == 0) || (got.Stored == 0) != (n == 0) {
			t.Errorf("%+v", got)
		}
		got.Created, got.Stored = nil, 0
		if got != want {
			t.Errorf("state %d: %+v, want %+v", n, got, want)
		}
	}
	text := i.must("list")
	for _, want := range []string{"STATE ", "\n0 ", "(the bare firmware)", "\n1 ", "first light", "\nconfig ", "next boot\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("list does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "running") {
		t.Errorf("of an image something runs:\n%s", text)
	}
}

// A trial and a pin have their marks; the next boot of an empty chain shows the bare firmware.
func TestListMarks(t *testing.T) {
	i := newImage(t, 1<<20)
	if text := i.must("list"); !strings.Contains(text, "next boot") || strings.Count(text, "\n") != 2 {
		t.Errorf("an empty chain:\n%s", text)
	}
	i.must("push", "--upper", i.upper("etc/a", "0"))
	i.must("pin", "1")
	if text := i.must("list"); !strings.Contains(text, "pinned, next boot\n") {
		t.Errorf("pinned:\n%s", text)
	}
	i.must("push", "--upper", i.upper("etc/a", "1"), "--try")
	if text := i.must("list"); !strings.Contains(text, " pinned\n") || !strings.Contains(text, "on trial, next boot\n") {
		t.Errorf("on trial:\n%s", text)
	}
}

func TestShow(t *testing.T) {
	i := newHistory(t)
	for _, c := range []struct{ state, want string }{
		{"1", "A         2 /bin/data\nA        14 /etc/a\nA         2 /etc/b\nA         0 /link\nA         0 /pipe\nSnapshot 1 (first light): 5 added, 0 modified, 0 deleted; 18 bytes\n"},
		{"2", "M         2 /bin/data\nM        12 /etc/a\nD         2 /etc/b\nSnapshot 2: 0 added, 2 modified, 1 deleted; 14 bytes\n"},
		{"config", "A         2 /etc/c\nD         0 /rom/file\nA         0 /rom/x\nThe volatile entry (work): 2 added, 0 modified, 1 deleted; 2 bytes\n"},
	} {
		if got := i.must("show", c.state); got != c.want {
			t.Errorf("show %s:\n%s, want\n%s", c.state, got, c.want)
		}
	}
	var s shown
	must(t, json.Unmarshal([]byte(i.must("show", "--json", "2")), &s))
	if s.Entry != "snapshot 2" || len(s.Changes) != 3 || s.Changes[2] != (change{"D", "/etc/b", false, 2}) || s.Sum != (tally{0, 2, 1, 14}) {
		t.Errorf("%+v", s)
	}
}

func TestDiff(t *testing.T) {
	i := newHistory(t)
	const second = "M /bin/data\nM /etc/a\nD /etc/b\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "A /etc/c\nD /rom/file\nA /rom/x\n"},
		{[]string{"2"}, "A /etc/c\nD /rom/file\nA /rom/x\n"},
		{[]string{"1", "2"}, second},
		{[]string{"2", "1"}, "M /bin/data\nM /etc/a\nA /etc/b\n"},
		{[]string{"0", "1"}, "A /bin/data\nA /etc/a\nA /etc/b\nA /link\nA /pipe\n"},
		{[]string{"1", "config"}, "M /bin/data\nM /etc/a\nD /etc/b\nA /etc/c\nD /rom/file\nA /rom/x\n"},
		{[]string{"2", "2"}, "Nothing differs between snapshot 2 and snapshot 2.\n"},
	} {
		if got := i.must(append([]string{"diff"}, c.args...)...); got != c.want {
			t.Errorf("diff %q:\n%s, want\n%s", c.args, got, c.want)
		}
	}
	var d differences
	must(t, json.Unmarshal([]byte(i.must("diff", "--json", "1", "2")), &d))
	if d.From != "snapshot 1" || d.To != "snapshot 2" || len(d.Changes) != 3 || d.Changes[1] != (change{"M", "/etc/a", false, 12}) {
		t.Errorf("%+v", d)
	}
	if got := i.must("diff", "--json", "2", "2"); !strings.Contains(got, `"changes": []`) {
		t.Errorf("no change is no list: %s", got)
	}
	if got := newImage(t, 1<<20).must("diff"); got != "Nothing differs between the bare firmware and the bare firmware.\n" {
		t.Errorf("an empty chain: %q", got)
	}
}

func TestDiffPatch(t *testing.T) {
	i := newHistory(t)
	want := `M /bin/data
Binary files differ
M /etc/a
diff a/etc/a b/etc/a
--- a/etc/a
+++ b/etc/a
@@ -1,3 +1,3 @@
 one
-two
+2
 three
D /etc/b
diff a/etc/b /dev/null
--- a/etc/b
+++ /dev/null
@@ -1,1 +0,0 @@
-b
`
	if got := i.must("diff", "1", "2", "--patch"); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	// What is not known of the firmware is left out.
	if got := i.must("diff", "--patch"); !strings.Contains(got, "D /rom/file\nA /rom/x\n") || !strings.Contains(got, "--- /dev/null\n+++ b/etc/c\n@@ -0,0 +1,1 @@\n+c\n") {
		t.Errorf("%s", got)
	}
	if got := i.must("diff", "0", "1", "--patch"); !strings.Contains(got, "+++ b/link\n@@ -0,0 +1,1 @@\n+etc/a\n\\ No newline at end of file\nA /pipe\n") {
		t.Errorf("%s", got)
	}
}

// Files that are too large for a comparison by lines, and attributes alone.
func TestDiffPatchLarge(t *testing.T) {
	i := newImage(t, 4<<20)
	large := strings.Repeat("a line\n", 200_000)
	same, other := i.upper("large", large, "x", "1\n"), i.upper("large", large+"more\n", "x", "1\n")
	i.must("push", "--upper", same)
	must(t, os.Chmod(filepath.Join(same, "large"), 0o600))
	must(t, os.Chmod(filepath.Join(same, "x"), 0o600))
	i.must("push", "--upper", same)
	i.must("push", "--upper", other)
	if got := i.must("diff", "--patch", "1", "2"); got != "M /large\nM /x\n" {
		t.Errorf("attributes: %q", got)
	}
	if got := i.must("diff", "--patch", "2", "3"); got != "M /large\nBinary files differ\nM /x\n" {
		t.Errorf("content: %q", got)
	}
}

func TestCat(t *testing.T) {
	i := newHistory(t)
	for _, c := range []struct{ state, path, want string }{
		{"1", "/etc/a", "one\ntwo\nthree\n"},
		{"2", "etc/a", "one\n2\nthree\n"},
		{"config", "/etc/../etc/./a", "one\n2\nthree\n"},
		{"1", "/bin/data", "\x00\x01"},
		{"config", "/bin/data", "\x00\x02"},
		{"config", "/rom/x", ""},
	} {
		if got := i.must("cat", c.state, c.path); got != c.want {
			t.Errorf("cat %s %s: %q, want %q", c.state, c.path, got, c.want)
		}
	}
}

// What a name would do to a terminal it does not.
func TestNamesAreQuoted(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("push", "--upper", i.upper("a\x1b[31m\nb", "1", "größe", "2"))
	want := "A /größe\n"
	if got := i.must("diff"); !strings.Contains(got, `A "/a\x1b[31m\nb"`+"\n") || !strings.Contains(got, want) {
		t.Errorf("%q", got)
	}
	if _, errs, _ := i.run("cat", "1", "x\x1b[31m"); strings.Contains(errs, "\x1b") {
		t.Errorf("%q", errs)
	}
}

// One clear sentence, the exit code, and nothing changed.
func TestLookingRefuses(t *testing.T) {
	i := newHistory(t)
	one := newImage(t, 1<<20)
	one.must("push", "--upper", one.upper("a", "1"))
	sum := i.sum()
	full, file := i.upper("there", ""), filepath.Join(i.dir, "file")
	must(t, os.WriteFile(file, nil, 0o644))
	for _, c := range []struct {
		args []string
		code int
		say  string
	}{
		{[]string{"list", "x"}, exitUsage, `"x"`},
		{[]string{"show"}, exitUsage, "snapshot list"},
		{[]string{"show", "1", "2"}, exitUsage, `at most 1 argument, not "2"`},
		{[]string{"show", "3"}, exitState, "snapshot 3, the chain has 1 to 2"},
		{[]string{"show", "0"}, exitState, "bare firmware"},
		{[]string{"show", "-1"}, exitUsage, "-1"},
		{[]string{"show", "last"}, exitUsage, `"last" is no state: name a snapshot`},
		{[]string{"show", "live"}, exitUsage, "is not the chain of this one"},
		{[]string{"show", "2", "--device", one.path}, exitState, "snapshot 2, the chain has 1"},
		{[]string{"show", "config", "--device", one.path}, exitState, "no volatile entry: the last state is snapshot 1"},
		{[]string{"diff", "1", "2", "3"}, exitUsage, "at most 2 arguments"},
		{[]string{"diff", "7"}, exitState, "snapshot 7, the chain has 1 to 2"},
		{[]string{"diff", "1", "7"}, exitState, "snapshot 7"},
		{[]string{"diff", "live"}, exitUsage, "live"},
		{[]string{"diff", "1", "x"}, exitUsage, `"x" is no state`},
		{[]string{"diff", "--patch", "--json"}, exitUsage, "not both"},
		{[]string{"cat"}, exitUsage, "a state and a path"},
		{[]string{"cat", "1"}, exitUsage, "a state and a path"},
		{[]string{"cat", "3", "/etc/a"}, exitState, "snapshot 3"},
		{[]string{"cat", "live", "/etc/a"}, exitUsage, "live"},
		{[]string{"cat", "2", "/etc/b"}, exitState, "snapshot 2 has no /etc/b"},
		{[]string{"cat", "2", "/etc/a/b"}, exitState, "snapshot 2 has no /etc/a/b"},
		{[]string{"cat", "2", "/etc/hosts"}, exitState, "/etc/hosts: it is not in the chain"},
		{[]string{"cat", "config", "/rom/file"}, exitState, "snapshot 2 and the volatile entry has no /rom/file"},
		{[]string{"cat", "1", "/link"}, exitUsage, "/link is a link to etc/a: `snapshot cat 1 /etc/a`"},
		{[]string{"cat", "1", "/link/x"}, exitUsage, "/link/x lies behind /link, a link to /etc/a: `snapshot cat 1 /etc/a/x`"},
		{[]string{"cat", "1", "/etc"}, exitUsage, "/etc is a directory"},
		{[]string{"cat", "1", "/"}, exitUsage, "/ is a directory"},
		{[]string{"cat", "1", "/pipe"}, exitUsage, "/pipe is a pipe"},
		{[]string{"extract"}, exitUsage, "a state and a directory"},
		{[]string{"extract", "1"}, exitUsage, "a state and a directory"},
		{[]string{"extract", "live", i.dir + "/x"}, exitUsage, "/overlay/upper"},
		{[]string{"extract", "7", i.dir + "/x"}, exitState, "snapshot 7"},
		{[]string{"extract", "1", full}, exitUsage, "is not empty, it has there"},
		{[]string{"extract", "1", file}, exitUsage, file},
		{[]string{"extract", "1", i.dir + "/no/x"}, exitFailed, "cannot make the directory"},
		{[]string{"status", "--changes"}, exitUsage, "snapshot diff"},
		{[]string{"status", "--changes", "x"}, exitUsage, `"x"`},
	} {
		out, errs, code := i.run(c.args...)
		if code != c.code || !strings.Contains(errs, c.say) || strings.Count(errs, "snapshot: ") != 1 || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("%q: exit %d, want %d with %q: %s%s", c.args, code, c.code, c.say, out, errs)
		}
	}
	if _, err := os.Lstat(i.dir + "/x"); i.sum() != sum || err == nil {
		t.Error("something was written")
	}
}

// Of a damaged chain is shown what a boot shows, and what is wrong is said.
func TestLookingAtDamage(t *testing.T) {
	i := newHistory(t)
	at := int64(i.info().Entries[1].Block*65536 + chain.HeaderSize + 40)
	f, err := os.OpenFile(i.path, os.O_RDWR, 0)
	must(t, err)
	var b [1]byte
	f.ReadAt(b[:], at)
	b[0] ^= 1
	f.WriteAt(b[:], at)
	must(t, f.Close())
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"list"}, exitOK, "\n1 "},
		{[]string{"show", "1"}, exitOK, "/etc/a"},
		{[]string{"show", "2"}, exitState, ""},
		{[]string{"diff"}, exitOK, "A /etc/a\n"},
		{[]string{"cat", "config", "/etc/a"}, exitOK, "one\ntwo\nthree\n"},
	} {
		out, errs, code := i.run(c.args...)
		if code != c.code || !strings.Contains(out, c.want) || !strings.Contains(errs, "snapshot: snapshot 2: ") || strings.Contains(out, "\n2 ") {
			t.Errorf("%q: exit %d: %s%s", c.args, code, out, errs)
		}
	}
}
