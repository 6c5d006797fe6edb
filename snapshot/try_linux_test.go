package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
)

// onChain opens the chain of an image for writing, as preinit does.
func (i *image) onChain(f func(*chain.Chain) error) {
	i.t.Helper()
	dev, err := chain.OpenFlash(i.path, &flash.Options{})
	must(i.t, err)
	c, err := chain.Open(dev)
	must(i.t, err)
	must(i.t, f(c))
	must(i.t, dev.Close())
}

// status returns what `status --json` says, and its exit code.
func (u *unit) status() (*status, int) {
	u.t.Helper()
	out, errs, code := u.run("status", "--json")
	st := &status{}
	if err := json.Unmarshal([]byte(out), st); err != nil || errs != "" {
		u.t.Fatalf("status: %v: %s%s", err, out, errs)
	}
	return st, code
}

// fails fails the test unless the command ends with the code and says text, and the
// flash is as it was.
func (i *image) fails(run func(...string) (string, string, int), code int, text string, args ...string) {
	i.t.Helper()
	sum := i.sum()
	out, errs, got := run(args...)
	if got != code || !strings.Contains(errs, text) || strings.Count(errs, "\n") != 1 {
		i.t.Errorf("snapshot %s: exit %d, want %d with %q: %s%s", strings.Join(args, " "), got, code, text, out, errs)
	}
	if i.sum() != sum {
		i.t.Errorf("snapshot %s: the flash was touched", strings.Join(args, " "))
	}
}

// TestTryConfirmed: what was kept before stays, as a snapshot, and the rest of what
// runs is on trial until it is confirmed.
func TestTryConfirmed(t *testing.T) {
	for _, verb := range []string{"config", "push"} {
		t.Run(verb, func(t *testing.T) {
			u := newUnit(t)
			u.do("etc/a", "kept")
			u.must("config")
			kept := strings.TrimSpace(u.must("id"))
			u.do("etc/a", "tried", "etc/b", "tried", "etc/motd", "-")
			out := u.must(verb, "--try=5", "--label", "five")
			if !strings.Contains(out, "The volatile entry is snapshot 1 now") || !strings.Contains(out, "(five) is in the chain, on trial: 5 boots") {
				t.Errorf("it says %q", out)
			}
			st, code := u.status()
			if code != exitTrial || !st.Trial.Running || st.Trial.Left != 5 || st.Confirmed != "snapshot 1" || st.Pending {
				t.Errorf("status: exit %d, %+v, %+v", code, st, st.Trial)
			}
			if e := u.info().Entries; len(e) != 2 || e[0].Boots != nil || e[1].Boots == nil || *e[1].Boots != 5 || e[0].Hash != kept || e[1].Volatile != (verb == "config") {
				t.Errorf("the chain is %+v", e)
			}
			for _, args := range [][]string{{"config"}, {"push"}, {"config", "--try"}, {"push", "--try"}, {"compact"}} {
				u.fails(u.run, exitState, "is on trial: `snapshot confirm` keeps it, `snapshot rollback` takes it away", args...)
			}
			u.boot()
			u.shows("etc/a=tried", "etc/b=tried", "etc/hostname=unit", "www/index.html=page")
			if out := u.must("confirm"); !strings.Contains(out, "(five) is confirmed") {
				t.Errorf("it says %q", out)
			}
			u.fails(u.run, exitNoTrial, "nothing is on trial", "confirm")
			if st, code := u.status(); code != exitOK || st.Trial != nil {
				t.Errorf("status: exit %d, %+v", code, st)
			}
			u.do("etc/c", "later")
			u.must("push")
			u.boot()
			u.shows("etc/a=tried", "etc/b=tried", "etc/c=later", "etc/hostname=unit", "www/index.html=page")
		})
	}
}

// TestTryOfWhatWasKept puts the volatile entry itself on trial.
func TestTryOfWhatWasKept(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1")
	u.must("config")
	if out := u.must("config", "--try"); !strings.Contains(out, "there is nothing to try") {
		t.Errorf("it says %q", out)
	}
	u.must("push", "--try", "--label", "same")
	if st, code := u.status(); code != exitTrial || st.Trial.Entry != "snapshot 1" || st.Confirmed != "the bare firmware" {
		t.Errorf("status: exit %d, %+v", code, st)
	}
	u.must("confirm")
	if out := u.must("push", "--try"); !strings.Contains(out, "there is nothing to try") {
		t.Errorf("it says %q", out)
	}
}

// TestTryGoesBack: by hand, and from another state than runs nothing is confirmed.
func TestTryGoesBack(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "kept")
	u.must("push")
	u.do("etc/a", "tried")
	u.must("push", "--try")
	u.boot(1)
	u.shows(append([]string{"etc/a=kept"}, firmware...)...)
	u.fails(u.run, exitState, "this system does not run on it but on snapshot 1 (snapshot.rollback=1 on the kernel command line)", "confirm")
	u.fails(u.run, exitState, "this system does not run on it", "confirm", "--force")
	if st, code := u.status(); code != exitFallback || !st.Running.Fallback || !st.Pending || st.Trial.Running {
		t.Errorf("status: exit %d, %+v %+v", code, st, st.Running)
	}
	u.boot()
	u.must("rollback")
	u.fails(u.run, exitNoTrial, "nothing is on trial", "confirm")
	if st, code := u.status(); code != exitOK || !st.Pending || st.Next != "snapshot 1" || st.RolledBack != 1 {
		t.Errorf("status: exit %d, %+v", code, st)
	}
	// Undone, it is on trial again: nobody has confirmed it.
	u.must("rollback", "--undo")
	if st, _ := u.status(); st.Trial == nil || st.Trial.Left != chain.DefaultBoots {
		t.Errorf("status: %+v", st)
	}
	// What preinit does when the boots are used up.
	u.onChain(func(c *chain.Chain) error { return c.GiveUp("a reason", time.Unix(1.7e9, 0)) })
	u.boot()
	u.shows(append([]string{"etc/a=kept"}, firmware...)...)
	st, code := u.status()
	if code != exitOK || st.Failed == nil || st.Failed.Entry != "snapshot 2" || st.Failed.Reason != "a reason" {
		t.Errorf("status: exit %d, %+v", code, st)
	}
	log := u.must("log")
	if !strings.Contains(log, "snapshot 2 fail: a reason") || !strings.Contains(log, "snapshot 2 commit: on trial, 3 boots are left") {
		t.Errorf("the log is\n%s", log)
	}
	first, second := u.must("log", "--motd"), u.must("log", "--motd")
	if !strings.HasPrefix(first, "Snapshot 2 was given up (2023-11-14 22:13:20 UTC): a reason.") || second != "" {
		t.Errorf("the message of the day is %q, then %q", first, second)
	}
	u.boot()
	if again := u.must("log", "--motd"); again != first {
		t.Errorf("after a boot it is %q, want %q", again, first)
	}
	u.do("etc/a", "new")
	u.must("config")
	u.boot()
	if last := u.must("log", "--motd"); last != "" {
		t.Errorf("after a config it is %q", last)
	}
}

// TestTryOfAnotherVolatile: a unit that does not run on what was kept cannot put
// anything on top of it.
func TestTryOfAnotherVolatile(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1")
	u.must("push")
	u.boot()
	u.do("etc/a", "2")
	u.must("config")
	u.boot(1)
	u.do("etc/b", "3")
	u.fails(u.run, exitState, "does not run on the volatile entry", "config", "--try")
	u.must("config")
	u.do("etc/b", "4")
	u.must("config", "--try")
	u.boot()
	u.shows(append([]string{"etc/a=1", "etc/b=4"}, firmware...)...)
}

// TestTryReport: what preinit says of a trial is in the log and the status.
func TestTryReport(t *testing.T) {
	u := newUnit(t)
	for name, tt := range map[string]struct {
		trial boot.Trial
		code  int
		log   string
	}{
		"booted":  {boot.Trial{Entry: "snapshot 2", Left: 1}, exitOK, "snapshot 2 attempt: booted on trial, 1 boot is left"},
		"gave up": {boot.Trial{Entry: "snapshot 2", GaveUp: "no init"}, exitFallback, "snapshot 2 fail: no init"},
		"refused": {boot.Trial{Entry: "snapshot 2", Refused: "no flash"}, exitFallback, "snapshot 2 refuse: no flash"},
	} {
		r := boot.Report{Version: 1, Asked: "last", Layout: boot.Stacked, Device: u.path, Trial: &tt.trial, State: boot.State{ID: chain.Hash{}.String()}}
		must(t, os.WriteFile(u.root+boot.ReportPath, r.AppendJSON(nil), 0o644))
		if st, code := u.status(); code != tt.code || st.Running.Fallback != (code == exitFallback) {
			t.Errorf("%s: status: exit %d, want %d: %+v", name, code, tt.code, st.Running)
		}
		if log := u.must("log"); !strings.Contains(log, tt.log) {
			t.Errorf("%s: the log is\n%s", name, log)
		}
	}
	// What is saved after a fall-back runs, and is the last state.
	u.do("etc/b", "1")
	u.must("push")
	if st, code := u.status(); code != exitOK || st.Running.Fallback || st.Pending || st.Running.State != "snapshot 1" || st.Running.ID != st.ID {
		t.Errorf("after a push: exit %d: %+v", code, st.Running)
	}
}

// TestTryUsage: wrong numbers and times are refused before anything is done.
func TestTryUsage(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1")
	for _, verb := range []string{"config", "push"} {
		for args, text := range map[string]string{
			"--try=0": "1 to 100 boots", "--try=101": "1 to 100 boots", "--try=1000": "1 to 100 boots", "--try=-1": "1 to 100 boots",
			"--try=x": "1 to 100 boots", "--confirm-within=59s": "it can be 1m0s to", "--confirm-within=-1m": "it can be 1m0s to",
			"--confirm-within=10": "written like", "--confirm-within=9999h": "it can be 1m0s to",
		} {
			u.fails(u.run, exitUsage, text, verb, args)
		}
	}
}

// TestTryOnAnImage: a chain is made ready for a unit; only by force is something
// confirmed that does not run.
func TestTryOnAnImage(t *testing.T) {
	i := newImage(t, 2<<20)
	i.must("config", "--try", "--upper", i.upper("etc/a", "1"))
	i.fails(i.run, exitState, "--force", "confirm")
	if out := i.must("status"); !strings.Contains(out, "on trial   the volatile entry, 3 boots are left") || !strings.Contains(out, "confirmed  the bare firmware") {
		t.Errorf("status is\n%s", out)
	}
	i.must("confirm", "--force")
	i.fails(i.run, exitState, "has to be a snapshot before", "config", "--try", "--upper", i.upper("etc/b", "1"))
	i.must("push", "--try=7", "--confirm-within", "10m", "--label", "seven")
	if out := i.must("status"); !strings.Contains(out, "snapshot 1 (seven), 7 boots are left, to be confirmed in 10m0s from each") {
		t.Errorf("status is\n%s", out)
	}
	if out := i.must("push", "--confirm-within", "20m"); !strings.Contains(out, "another 20m0s from now") {
		t.Errorf("it says %q", out)
	}
	i.must("rollback")
	i.must("push", "--try", "--upper", i.upper("etc/c", "1"))
}

// TestTryFullFlash: without room for the entry, or for its records, nothing
// happens: not even to the volatile entry.
func TestTryFullFlash(t *testing.T) {
	u := newUnit(t)
	u.do("etc/a", "1")
	u.must("config")
	must(t, os.WriteFile(filepath.Join(u.root, "etc/big"), noise(5<<20), 0o644))
	u.fails(u.run, exitNoRoom, "no room on the flash: needs", "push", "--try")
	if e := u.info().Entries; len(e) != 1 || !e[0].Volatile {
		t.Errorf("the chain is %+v", e)
	}
}
