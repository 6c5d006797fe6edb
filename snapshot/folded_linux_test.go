package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chainroot/boot"
	"chainroot/chain"
)

// TestUnitGoesOnAfterCompact folds while the unit runs: snapshots it was booted
// with, snapshots pushed since, and both kinds into one. What is saved then
// stands on the new chain, and shows what runs.
func TestUnitGoesOnAfterCompact(t *testing.T) {
	for _, c := range []struct {
		name  string
		below []string // each changes, "push" or "boot"
		since []string // before compact
		then  []string // after it
	}{
		{"nothing", []string{"etc/a 1"}, []string{"etc/b 2"}, nil},
		{"changes", []string{"etc/a 1"}, []string{"etc/a 2"}, []string{"etc/a 3"}},
		{"deletes what was pushed", []string{"etc/a 1"}, []string{"etc/b 2", "d/x 1"}, []string{"etc/b -", "d -"}},
		{"deletes what is below", []string{"etc/a 1", "d/x 1"}, []string{"etc/b 2"}, []string{"etc/a -", "d -"}},
		{"deletes firmware", []string{"etc/motd new"}, []string{"etc/b 2"}, []string{"etc/motd -", "www -"}},
		{"deletes what both have", []string{"d/x 1", "d/y 1"}, []string{"d/x 2"}, []string{"d/x -"}},
		{"undeletes", []string{"d/x 1", "d/y 1"}, []string{"d/x -", "etc/motd -"}, []string{"d/x 2", "etc/motd back"}},
		{"makes a directory anew", []string{"d/x 1", "d/y 1"}, []string{"etc/b 1"}, []string{"d -", "d/z 1"}},
		{"had made a directory anew", []string{"d/x 1", "d/y 1"}, []string{"d -", "d/x 2", "d/z 1"}, []string{"d/x -"}},
		{"makes a directory anew twice", []string{"d/x 1", "d/y 1"}, []string{"d -", "d/x 2"}, []string{"d -", "d/z 1"}},
		{"had made a directory anew as below", []string{"www -", "www/x 1", "www/y 1"}, []string{"www -", "www/x 2"}, []string{"www -", "www/z 1"}},
		{"makes a directory of below anew", []string{"www -", "www/x 1", "www/y 1"}, []string{"etc/b 1"}, []string{"www -", "www/x 1"}},
		{"in a directory made anew below", []string{"www -", "www/x 1", "www/y 1"}, []string{"www/z 1"}, []string{"www/x -", "www/z -"}},
		{"file to directory", []string{"d 1"}, []string{"d -", "d/x 1", "d/y 1"}, []string{"d/x -"}},
		{"directory to file", []string{"d/x 1"}, []string{"d -", "d 1"}, []string{"d -", "d/y 1"}},
		{"deleted below", []string{"d/x 1", "push", "d -"}, []string{"d/y 1", "d/z 1"}, []string{"d/y -"}},
		{"on bare firmware", nil, []string{"etc/a 1", "www -", "push", "etc/b 1"}, []string{"etc/a -", "www/x 1"}},
		{"on a volatile entry", []string{"etc/a 1", "push", "etc/v 1", "config", "boot"}, []string{"etc/b 1"}, []string{"etc/a -", "etc/v -", "etc/b -"}},
	} {
		for keep := range 2 {
			t.Run(fmt.Sprintf("%s keep %d", c.name, keep), func(t *testing.T) {
				u := newUnit(t)
				u.steps("etc/first 1", "push")
				u.steps(c.below...)
				u.steps("push", "boot")
				if c.below == nil {
					u.must("rollback", "0")
					u.boot()
				}
				u.steps(c.since...)
				u.steps("push", "etc/between 1", "push", "etc/volatile 1", "config")
				want := u.tree()
				u.must("compact", "--keep", fmt.Sprint(keep))
				u.same("right after compact", want)
				sum := u.sum()
				if out := u.must("config"); !strings.Contains(out, "Nothing has changed") || u.sum() != sum {
					t.Errorf("config after compact: %s", out)
				}
				u.steps(c.then...)
				u.steps("config")
				u.reboots("after config")
				u.steps(c.then...)
				u.steps("push", "etc/last 1", "push")
				u.must("compact")
				u.steps("etc/last -", "config")
				u.reboots("after a second compact")
				u.must("verify")
			})
		}
	}
}

// steps are changes, "path content" as for do, or commands of one word.
func (u *unit) steps(steps ...string) {
	u.t.Helper()
	for _, s := range steps {
		path, what, change := strings.Cut(s, " ")
		switch {
		case s == "boot":
			u.boot()
		case change:
			if what != "-" {
				mkdir(u.t, filepath.Dir(filepath.Join(u.root, path)))
			}
			u.do(path, what)
		default:
			u.must(s)
		}
	}
}

// reboots sees that a boot shows what ran, in the chain as in a second one.
func (u *unit) reboots(when string) {
	u.t.Helper()
	want := u.tree()
	u.boot()
	u.same(when, want)
}

// TestUnitCompactsTwice folds several times in one boot.
func TestUnitCompactsTwice(t *testing.T) {
	u := newUnit(t)
	u.steps("etc/a 1", "d/x 1", "push", "etc/b 1", "push", "boot")
	for n := range 4 {
		u.steps(fmt.Sprint("etc/p", n, " 1"), "push", fmt.Sprint("d/", n, " 1"), "push", fmt.Sprint("etc/p", n, " 2"), "config")
		u.must("compact", "--keep", fmt.Sprint(n%3))
		if sum := u.sum(); u.must("config") == "" || u.sum() != sum {
			t.Errorf("config after compact %d wrote to the flash", n)
		}
	}
	if out := u.must("info"); !strings.Contains(out, "; snapshot 2 is in snapshot 1 now") {
		t.Errorf("info says %s", out)
	}
	u.steps("d -", "etc/p0 -", "etc/a -", "config")
	u.reboots("after compacts")
	u.steps("etc/new 1", "push")
	u.must("rollback")
	u.must("rollback", "--undo")
	u.reboots("after push")
}

// TestUnitNotesTooMuch: what was noted, but not done, does no harm.
func TestUnitNotesTooMuch(t *testing.T) {
	u := newUnit(t)
	u.steps("etc/a 1", "push", "boot", "etc/b 1", "push")
	var all []string
	for _, e := range u.info().Entries {
		all = append(all, e.Hash)
	}
	note := strings.Repeat("0", 64) + " = " + strings.Join(all, " ") + "\n" + strings.Repeat("1", 64) + " = " + strings.Repeat("0", 64) + "\nhalf a li"
	must(t, os.WriteFile(u.root+foldedPath, []byte(note), 0o644))
	u.steps("etc/b -", "etc/a -", "config")
	u.reboots("after config")
}

// TestCompactsAtRandom keeps a list of what each state shows.
func TestCompactsAtRandom(t *testing.T) {
	runs := 8
	if testing.Short() {
		runs = 2
	}
	for seed := range runs {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			u := newUnit(t)
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			states, volatile := []string{u.tree()}, "" // after each snapshot; with the volatile entry
			var log []string
			newest := func() string {
				if volatile != "" {
					return volatile
				}
				return states[len(states)-1]
			}
			for range 60 {
				step := []string{"change", "change", "change", "change", "config", "push", "push", "compact", "boot", "rollback"}[r.IntN(10)]
				log = append(log, step)
				switch step {
				case "change":
					u.change(r)
				case "config":
					u.must("config")
					if volatile = u.tree(); u.info().Entries == nil || len(u.info().Entries) == len(states)-1 {
						volatile = ""
					}
				case "push":
					u.must("push")
					if n := len(u.info().Entries); n == len(states) {
						states = append(states, u.tree())
					}
					volatile = ""
				case "compact":
					keep := r.IntN(3)
					u.must("compact", "--keep", fmt.Sprint(keep))
					if n := len(states) - 1 - keep; n >= 2 {
						states = slices.Delete(states, 1, n)
					}
				case "boot":
					u.boot()
					u.same(fmt.Sprint("after ", log), newest())
				case "rollback":
					if n := len(u.info().Entries); n > 0 && r.IntN(3) == 0 {
						u.must("rollback")
						if volatile == "" {
							states = states[:len(states)-1]
						}
						volatile = ""
						u.boot()
						u.same(fmt.Sprint("after ", log), newest())
					}
				}
				if t.Failed() {
					return
				}
			}
			u.must("verify")
		})
	}
}

// change changes something, here or there.
func (u *unit) change(r *rand.Rand) {
	u.t.Helper()
	names := []string{"etc", "www", "d", "e"}
	path := names[r.IntN(4)]
	for range r.IntN(3) {
		path += "/" + names[r.IntN(4)]
	}
	full := filepath.Join(u.root, path)
	switch r.IntN(5) {
	case 0:
		os.RemoveAll(full)
	case 1:
		os.Mkdir(full, 0o755)
	case 2:
		os.Link(filepath.Join(u.root, "etc/hostname"), full)
	case 3:
		os.Chmod(full, os.FileMode(r.IntN(8))<<3|0o700)
	default:
		os.WriteFile(full, []byte(fmt.Sprint(r.Uint32())), 0o644)
	}
}

// TestOrigins reads what several compacts have noted.
func TestOrigins(t *testing.T) {
	c := &cli{root: t.TempDir()}
	o, err := c.origins()
	must(t, err)
	if got := o.of("x"); !slices.Equal(got, []string{"x"}) {
		t.Errorf("without a compact: %q", got)
	}
	mkdir(t, filepath.Dir(c.root+foldedPath))
	h := func(b byte) chain.Hash { return chain.Hash{b} }
	must(t, c.noteFolded([]chain.Renamed{{Hash: h(10), Old: []chain.Hash{h(1), h(2)}}, {Hash: h(11), Old: []chain.Hash{h(3)}}}))
	must(t, c.noteFolded([]chain.Renamed{{Hash: h(20), Old: []chain.Hash{h(10), h(11), h(4)}}}))
	o, err = c.origins()
	must(t, err)
	var want []string
	for b := byte(1); b <= 4; b++ {
		want = append(want, h(b).String())
	}
	if got := o.of(h(20).String()); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	r := &boot.Report{Layout: boot.Stacked}
	must(t, os.WriteFile(c.root+boot.ReportPath, r.AppendJSON(nil), 0o644))
	must(t, c.note(pushedPath, h(10).String()+"\n"))
	pushed, err := c.pushed(o)
	must(t, err)
	if !pushed[want[0]] || !pushed[want[1]] || pushed[want[2]] {
		t.Errorf("pushed: %v", pushed)
	}
}
