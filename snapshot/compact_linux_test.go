package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/chain"
)

// tree describes all that the running system shows.
func (u *unit) tree() string {
	u.t.Helper()
	var all []string
	must(u.t, filepath.Walk(u.root, func(path string, st os.FileInfo, err error) error {
		must(u.t, err)
		name, _ := filepath.Rel(u.root, path)
		if name == "snapshot" || name == "overlay" {
			return filepath.SkipDir
		}
		line := fmt.Sprint(name, " ", st.Mode(), " ", st.ModTime().UnixNano())
		if st.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			must(u.t, err)
			line += " " + string(b)
		}
		all = append(all, line)
		return nil
	}))
	return strings.Join(all, "\n")
}

// same compares what the running system shows with what it has shown before.
func (u *unit) same(when, want string) {
	u.t.Helper()
	if got := u.tree(); got != want {
		u.t.Errorf("%s the unit shows\n%s\nwant\n%s", when, got, want)
	}
}

// TestUnitCompact: what a boot shows stays, whatever is folded.
func TestUnitCompact(t *testing.T) {
	for keep := range 4 {
		t.Run(fmt.Sprint("keep ", keep), func(t *testing.T) {
			u := newUnit(t)
			for _, n := range []string{"1", "2", "3", "4"} {
				u.do("etc/a", n, "etc/only-"+n, n, "www", "-")
				u.must("push", "--label", "number "+n)
				u.boot()
			}
			u.do("etc/only-1", "-", "www", "/")
			u.must("config", "--label", "work")
			want, before := u.tree(), u.info()
			out := u.must("compact", "--keep", fmt.Sprint(keep))
			i := u.info()
			if keep == 3 {
				if !strings.Contains(out, "nothing to fold") || i.ID != before.ID {
					t.Errorf("compact of one snapshot: %s", out)
				}
				return
			}
			if !strings.Contains(out, fmt.Sprintf("Folded %d snapshots into one of ", 4-keep)) ||
				!strings.Contains(out, "; "+freed(3-keep)+", ") ||
				!strings.Contains(out, "State: "+i.ID) || strings.Contains(out, "now snapshot 2") != (keep > 0) {
				t.Errorf("compact says: %s", out)
			}
			if len(i.Entries) != keep+2 || i.FreeBlocks != before.FreeBlocks+3-keep || !i.Entries[keep+1].Volatile || i.Entries[keep+1].Label != "work" {
				t.Errorf("the chain: %+v", i)
			}
			for n := range keep {
				if want := fmt.Sprint("number ", 4-keep+n+1); i.Entries[n+1].Label != want {
					t.Errorf("snapshot %d is called %q, want %q", n+2, i.Entries[n+1].Label, want)
				}
			}
			sum := u.sum()
			if out := u.must("config"); !strings.Contains(out, "Nothing has changed") || u.sum() != sum {
				t.Errorf("config after compact: %s", out)
			}
			u.must("verify")
			u.boot()
			u.same("after compact", want)
			u.boot(keep + 1)
			u.shows("etc/a=4", "etc/hostname=unit", "etc/motd=hello", "etc/only-1=1", "etc/only-2=2", "etc/only-3=3", "etc/only-4=4")
		})
	}
}

// TestUnitCompactRefuses: a state that runs does not vanish between others, and
// what runs on a chain that was changed behind its back is not guessed at.
func TestUnitCompactRefuses(t *testing.T) {
	u := newUnit(t)
	u.steps("etc/a 1", "push", "etc/a 2", "push", "etc/a 3", "push")
	u.boot(1)
	sum := u.sum()
	if _, errs, code := u.run("compact"); code != exitState || !strings.Contains(errs, "snapshot rollback 1") {
		t.Errorf("on another state: exit %d: %s", code, errs)
	}
	if u.sum() != sum {
		t.Error("the flash was touched")
	}
	u.boot()
	u.must("rollback", "2")
	sum = u.sum()
	if _, errs, code := u.run("compact"); code != exitState || !strings.Contains(errs, "reboot first") {
		t.Errorf("after a roll-back without a reboot: exit %d: %s", code, errs)
	}
	if u.sum() != sum {
		t.Error("the flash was touched")
	}
	u.boot()
	if out := u.must("compact"); !strings.Contains(out, "(1 entry) is gone for good") {
		t.Errorf("compact does not say what became of the roll-back: %s", out)
	}
	if _, errs, code := u.run("rollback", "--undo"); code != exitState {
		t.Errorf("undo after compact: exit %d: %s", code, errs)
	}
	must(t, os.Remove(u.root+foldedPath))
	if _, errs, code := u.run("config"); code != exitState || !strings.Contains(errs, "reboot first") {
		t.Errorf("config on a chain that somebody has folded: exit %d: %s", code, errs)
	}
	u.boot()
	u.shows(append([]string{"etc/a=2"}, firmware...)...)
	u.steps("etc/b 1", "config")
}

// TestCompactImage folds an image on a workstation.
func TestCompactImage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes a file system")
	}
	var ids, sums []string
	for range 2 {
		i := newImage(t, 1<<20)
		for _, args := range [][]string{{"compact"}, {"compact", "--keep", "5"}} {
			if out := i.must(args...); !strings.Contains(out, "nothing to fold: the chain has 0 snapshots") {
				t.Errorf("compact of an empty chain: %s", out)
			}
		}
		for n, when := range []int64{1000, 2000, 3000} {
			upper := i.upper("etc/a", fmt.Sprint(n), fmt.Sprint("etc/", n), "x")
			for _, name := range []string{"etc/a", fmt.Sprint("etc/", n), "etc", "."} {
				ts := []unix.Timespec{unix.NsecToTimespec(when), unix.NsecToTimespec(when)}
				must(t, unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(upper, name), ts, 0))
			}
			must(t, os.Chmod(upper, 0o755))
			i.must("config", "--upper", upper)
			i.must("push")
		}
		i.must("compact")
		i.must("verify")
		v := i.info()
		if len(v.Entries) != 1 || v.Entries[0].Volatile {
			t.Errorf("the chain: %+v", v)
		}
		ids, sums = append(ids, v.ID), append(sums, fmt.Sprintf("%x", i.sum()))
	}
	if ids[0] != ids[1] || sums[0] != sums[1] {
		t.Errorf("the same entries give two states: %s, %s", ids, sums)
	}
}

func TestCompactArguments(t *testing.T) {
	i := newImage(t, 1<<20)
	for _, c := range []struct {
		args []string
		code int
		say  string
	}{
		{[]string{"compact", "--keep", "-1"}, exitUsage, "-1"},
		{[]string{"compact", "--keep", "x"}, exitUsage, "keep"},
		{[]string{"compact", "1"}, exitUsage, "no argument"},
	} {
		if _, errs, code := i.run(c.args...); code != c.code || !strings.Contains(errs, c.say) {
			t.Errorf("%q: exit %d: %s", c.args, code, errs)
		}
	}
}

// TestCompactFullFlash: what does not fit is refused, and nothing is touched.
func TestCompactFullFlash(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes a file system")
	}
	i := newImage(t, 4*65536)
	for _, name := range []string{"a", "b"} {
		i.must("config", "--upper", i.upper(name, randomText(60_000)))
		i.must("push")
	}
	sum := i.sum()
	if _, errs, code := i.run("compact"); code != exitNoRoom || !strings.Contains(errs, "no room on the flash") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if i.sum() != sum {
		t.Error("the image was touched")
	}
}

// TestFoldWithoutRAM: what does not fit into RAM is refused in words.
func TestFoldWithoutRAM(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes a file system")
	}
	huge := []*chain.Entry{{Header: chain.Header{Stored: 1 << 50, Unpacked: 1 << 52}}}
	if _, err := spareRAM(huge); err == nil || exitCode(err) != exitFailed || !strings.Contains(err.Error(), "not enough RAM") {
		t.Errorf("spareRAM: %v", err)
	}
	i := newImage(t, 4<<20)
	i.must("config", "--upper", i.upper("a", randomText(300_000), "b/c", "x"))
	i.must("push")
	sum := i.sum()
	c := &cli{device: i.path}
	must(t, c.with(false, func(s *session) error {
		for _, size := range []int64{4096, 65536} {
			_, _, err := fold(s, s.Snapshots(), size)
			if err == nil || exitCode(err) != exitFailed || !strings.Contains(err.Error(), fmt.Sprintf("%d bytes can be spared", size)) {
				t.Errorf("fold in %d bytes: %v", size, err)
			}
		}
		_, stats, err := fold(s, s.Snapshots(), 1<<20)
		if err != nil || stats.Entries != 4 {
			t.Errorf("fold in a MiB: %d entries, %v", stats.Entries, err)
		}
		return nil
	}))
	if i.sum() != sum {
		t.Error("the image was touched")
	}
}
