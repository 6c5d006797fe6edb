package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// On a unit the firmware is known, and what runs can be looked into.
func TestUnitLooks(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "one\n", "etc/motd", "hi\n", "www", "-")
	u.must("push", "--label", "first")
	u.boot()
	u.do("etc/a", "two\n", "etc/b", "b\n")
	u.must("config")
	if out := u.must("diff"); out != "Nothing differs between snapshot 1 and the volatile entry and what runs.\n" {
		t.Errorf("right after a config: %s", out)
	}
	u.do("etc/b", "-", "etc/c", "c\n", "etc/hostname", "-")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"show", "1"}, "A         4 /etc/a\nM         3 /etc/motd\nD         0 /www/\nD         4 /www/index.html\nSnapshot 1 (first): 1 added, 1 modified, 2 deleted; 7 bytes\n"},
		{[]string{"show", "config"}, "M         4 /etc/a\nA         2 /etc/b\nThe volatile entry: 1 added, 1 modified, 0 deleted; 6 bytes\n"},
		{[]string{"diff"}, "D /etc/b\nA /etc/c\nD /etc/hostname\n"},
		{[]string{"diff", "1"}, "M /etc/a\nA /etc/c\nD /etc/hostname\n"},
		{[]string{"diff", "live", "0"}, "D /etc/a\nD /etc/c\nA /etc/hostname\nM /etc/motd\nA /www/\nA /www/index.html\n"},
		{[]string{"diff", "0", "1"}, "A /etc/a\nM /etc/motd\nD /www/\nD /www/index.html\n"},
		{[]string{"cat", "0", "/etc/motd"}, "hello"},
		{[]string{"cat", "1", "/etc/motd"}, "hi\n"},
		{[]string{"cat", "1", "/etc/hostname"}, "unit"},
		{[]string{"cat", "config", "/etc/a"}, "two\n"},
		{[]string{"cat", "live", "/etc/c"}, "c\n"},
		{[]string{"cat", "live", "/etc/motd"}, "hi\n"},
	} {
		if got := u.must(c.args...); got != c.want {
			t.Errorf("%q:\n%s, want\n%s", c.args, got, c.want)
		}
	}
	patch := u.must("diff", "0", "--patch")
	for _, want := range []string{"@@ -1,1 +1,1 @@\n-hello\n\\ No newline at end of file\n+hi\n", "--- a/etc/hostname\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-unit\n", "+++ b/etc/a\n@@ -0,0 +1,1 @@\n+two\n"} {
		if !strings.Contains(patch, want) {
			t.Errorf("no %q in\n%s", want, patch)
		}
	}
	u.refuses(exitState, "snapshot 1 has no /www/index.html", "cat", "1", "/www/index.html")
	u.refuses(exitState, "what runs has no /etc/hostname", "cat", "live", "/etc/hostname")
	u.refuses(exitState, "the bare firmware has no /etc/a", "cat", "0", "/etc/a")
	u.refuses(exitUsage, "status --changes", "show", "live")
	if got := u.must("cat", "0", "/etc/hostname", "--device", u.path); got != "unit" {
		t.Errorf("--device with the unit's own: %q", got)
	}
}

// refuses runs a command that must end with an exit code and one sentence.
func (u *unit) refuses(code int, say string, args ...string) {
	u.t.Helper()
	out, errs, got := u.run(args...)
	if got != code || out != "" || !strings.Contains(errs, say) || strings.Count(errs, "\n") != 1 {
		u.t.Errorf("%q: exit %d, want %d with %q: %s%s", args, got, code, say, out, errs)
	}
}

// Nothing is read through a link, though it leads out of the unit.
func TestUnitCatFollowsNothing(t *testing.T) {
	u := newUnit(t)
	secret := filepath.Join(u.dir, "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o644))
	must(t, os.Symlink(secret, u.root+"/etc/link"))
	must(t, os.Symlink(u.dir, u.root+"/etc/dir"))
	must(t, os.Symlink("../../../../../../../../etc", u.root+"/etc/up"))
	must(t, unix.Mkfifo(u.root+"/etc/pipe", 0o644))
	u.must("config")
	for _, state := range []string{"live", "config"} {
		u.refuses(exitUsage, "/etc/link is a link to "+secret, "cat", state, "/etc/link")
		u.refuses(exitUsage, "behind /etc/dir, a link to "+u.dir+": `snapshot cat "+state+" "+secret+"`", "cat", state, "/etc/dir/secret")
		u.refuses(exitUsage, "behind /etc/up, a link to /etc: `snapshot cat "+state+" /etc/motd`", "cat", state, "/etc/up/motd")
		u.refuses(exitUsage, "/etc/pipe is a pipe", "cat", state, "/etc/pipe")
		u.refuses(exitUsage, "/etc is a directory", "cat", state, "/etc")
	}
	must(t, os.Remove(u.root+"/etc/link"))
	must(t, os.Symlink("/etc/motd", u.root+"/etc/link"))
	if patch := u.must("diff", "--patch"); strings.Contains(patch, "secret\n+secret") || !strings.Contains(patch, "-"+secret+"\n\\ No newline at end of file\n+/etc/motd\n") {
		t.Errorf("%s", patch)
	}
}

// Which state runs, through pushes, roll-backs and compaction.
func TestUnitListsWhatRuns(t *testing.T) {
	u := newUnit(t)
	is := func(want string) {
		t.Helper()
		var list []stateLine
		must(t, json.Unmarshal([]byte(u.must("list", "--json")), &list))
		var got []string
		for _, l := range list {
			if l.Running {
				l.State += "*"
			}
			got = append(got, l.State)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q, want %q", s, want)
		}
	}
	is("0*")
	u.do("etc/a", "1")
	u.must("config")
	is("0 config*")
	u.must("push")
	is("0 1*")
	u.do("etc/a", "2")
	u.must("push")
	u.do("etc/a", "3")
	u.must("config")
	is("0 1 2 config*")
	u.must("rollback", "1")
	is("0 1*") // so far as it is in the chain, that is what it stands on
	u.must("rollback", "--undo")
	u.boot()
	is("0 1 2 config*")
	u.boot(1)
	is("0 1* 2 config")
	u.boot(0)
	is("0* 1 2 config")
	u.boot()
	u.must("rollback", "0")
	is("0")
	u.must("rollback", "--undo")
	u.must("compact")
	is("0 1 config*")
	u.boot()
	is("0 1 config*")
	u.do("etc/a", "4")
	u.must("push") // in place of what was booted
	u.image.must("push", "--upper", u.upper("etc/z", "z"))
	is("0 1 2* 3")
}

// What config would keep, what it would drop, and why.
func TestUnitStatusChanges(t *testing.T) {
	u := newUnit(t)
	u.do("etc/debian_version", "12", "etc/old", "12345", "data", "/", "data/x", "1")
	u.must("push")
	u.do("etc/snapshot/exclude", "# not for ever\n/data/\n*.tmp\n", "etc/snapshot/include", "/data/keep\n", "etc/a.tmp", "1", "data/keep", "22", "data/y", "1",
		"tmp", "/", "tmp/x", "1", "etc/old", "-", "etc/motd", "new", "www/index.html", "-", "var/lib/apt/lists", "/", "var/lib/apt/lists/x", "1")
	must(t, os.WriteFile(u.root+"/etc/a\x1b.tmp", nil, 0o644))
	want := `A         2 /data/keep
M         3 /etc/motd
D         5 /etc/old
A        28 /etc/snapshot/exclude
A        11 /etc/snapshot/include
A         0 /var/
A         0 /var/lib/
A         0 /var/lib/apt/
D         4 /www/index.html
config keeps: 6 added, 1 modified, 2 deleted; 44 bytes
dropped  /data/x  (/etc/snapshot/exclude, line 2: /data/)
dropped  /data/y  (/etc/snapshot/exclude, line 2: /data/)
dropped  "/etc/a\x1b.tmp"  (/etc/snapshot/exclude, line 3: *.tmp)
dropped  /etc/a.tmp  (/etc/snapshot/exclude, line 3: *.tmp)
dropped  /tmp/  (by default: /tmp/)
dropped  /var/lib/apt/lists/  (by default: /var/lib/apt/lists/)
`
	sum := u.sum()
	if got := u.must("status", "--changes"); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	var k kept
	must(t, json.Unmarshal([]byte(u.must("status", "--changes", "--json")), &k))
	if len(k.Kept) != 9 || k.Kept[0] != (change{"A", "/data/keep", false, 2}) || k.Sum != (tally{6, 1, 2, 44}) ||
		len(k.Dropped) != 6 || k.Dropped[1] != (dropped{"/data/y", "/etc/snapshot/exclude", 2, "/data/"}) || k.Dropped[4] != (dropped{"/tmp/", "", 0, "/tmp/"}) {
		t.Errorf("%+v", k)
	}
	if u.sum() != sum {
		t.Error("the flash was written to")
	}
	// It says what config does.
	u.must("config")
	if got, _, _ := strings.Cut(want, "config keeps"); u.must("show", "config") != got+"The volatile entry: 6 added, 1 modified, 2 deleted; 44 bytes\n" {
		t.Errorf("config keeps\n%s", u.must("show", "config"))
	}
	u.must("push")
	if got := u.must("status", "--changes", "--json"); !strings.Contains(got, `"kept": []`) {
		t.Errorf("after a push: %s", got)
	}
}

// A unit that runs on another state than the chain's has no live that could be
// compared; the states of the chain can be looked into all the same.
func TestUnitLooksFromAnotherState(t *testing.T) {
	u := newUnit(t)
	for _, n := range []string{"1", "2"} {
		u.do("etc/a", n)
		u.must("push")
	}
	u.boot(1)
	for _, args := range [][]string{{"diff"}, {"diff", "live", "1"}, {"status", "--changes"}} {
		u.refuses(exitState, "`snapshot rollback 1` keeps the state that runs", args...)
	}
	if got := u.must("diff", "1", "2"); got != "M /etc/a\n" {
		t.Errorf("%s", got)
	}
	if got := u.must("cat", "live", "/etc/a") + u.must("cat", "2", "/etc/a"); got != "12" {
		t.Errorf("%q", got)
	}
}

// Another chain than the unit's has no firmware, and nothing of it runs.
func TestUnitLooksAtAnImage(t *testing.T) {
	u := newUnit(t)
	other := newHistory(t)
	if out, errs, code := u.run("list", "--device", other.path); code != 0 || strings.Contains(out, "running") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	u.refuses(exitUsage, "is not the chain of this one", "diff", "live", "--device", other.path)
	u.refuses(exitState, "it is not in the chain", "cat", "config", "/etc/hostname", "--device", other.path)
	if out, _, _ := u.run("diff", "--device", other.path); out != "A /etc/c\nD /rom/file\nA /rom/x\n" {
		t.Errorf("%s", out)
	}
}

// At a terminal kinds of changes, and lines of patches, have colours.
func TestColoursOfChanges(t *testing.T) {
	i := newHistory(t)
	for _, c := range []struct{ args, want string }{
		{"diff 1 2", "\x1b[33mM /bin/data\x1b[0m\n\x1b[33mM /etc/a\x1b[0m\n\x1b[31mD /etc/b\x1b[0m\n"},
		{"diff", "\x1b[32mA /etc/c\x1b[0m\n\x1b[31mD /rom/file\x1b[0m\n\x1b[32mA /rom/x\x1b[0m\n"},
		{"diff 1 2 --patch", "\n one\n\x1b[31m-two\x1b[0m\n\x1b[32m+2\x1b[0m\n three\n"},
		{"show 2", "\x1b[31mD         2 /etc/b\x1b[0m\n"},
	} {
		person, program := terminal(t)
		app := &cli{out: program, errs: io.Discard, root: "/nowhere", env: func(string) string { return "" }}
		if code := app.main(append([]string{"--device", i.path}, strings.Fields(c.args)...)); code != 0 {
			t.Errorf("%s: exit %d", c.args, code)
		}
		io.WriteString(program, "end")
		var b []byte
		for next := make([]byte, 4096); !strings.HasSuffix(string(b), "end"); {
			n, err := person.Read(next)
			must(t, err)
			b = append(b, next[:n]...)
		}
		if got := strings.ReplaceAll(string(b), "\r\n", "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
}
