package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chainroot/boot"
	"chainroot/chain"
)

// timers runs timers of a unit in this process, and counts reboots.
type timers struct {
	*unit
	started int
	reboots int
	errs    bytes.Buffer
}

func (ts *timers) cli() *cli {
	return &cli{out: &ts.errs, errs: &ts.errs, root: ts.root, now: time.Now, wait: time.Second,
		spawn:  func(...string) error { ts.started++; return nil },
		reboot: func() error { ts.reboots++; return nil },
	}
}

// deadline is so long from now.
func (ts *timers) deadline(in time.Duration) {
	ts.t.Helper()
	e := (*chain.Entry)(nil)
	ts.onChain(func(c *chain.Chain) error { e = c.OnTrial(); return nil })
	must(ts.t, boot.Deadline{Hash: e.Hash.String(), At: boot.Uptime() + in}.Write(ts.root+boot.DeadlinePath))
}

// TestTimer: a trial with a time limit is waited for; without a confirmation it is
// given up, and the unit reboots.
func TestTimer(t *testing.T) {
	ts := &timers{unit: newUnit(t)}
	ts.do("etc/a", "1")
	ts.must("push")
	ts.do("etc/a", "2")
	out := ts.must("push", "--confirm-within", "10m")
	if !strings.Contains(out, "on trial: 3 boots, and 10m0s from each") || !strings.Contains(out, "Without a confirmation this unit reboots") {
		t.Errorf("it says %q", out)
	}
	if st, _ := ts.status(); st.Trial.Seconds < 590 || st.Trial.Seconds > 600 || st.Trial.Within != 600 {
		t.Errorf("status: %+v", st.Trial)
	}
	ts.must("push", "--confirm-within", "20m") // again: so long from now
	if st, _ := ts.status(); st.Trial.Seconds < 1190 || st.Trial.Within != 1200 || st.Trial.Left != 3 {
		t.Errorf("status: %+v", st.Trial)
	}
	ts.deadline(300 * time.Millisecond)
	start := time.Now()
	if err := ts.cli().timer(10 * time.Millisecond); err != nil || ts.reboots != 1 || time.Since(start) < 290*time.Millisecond {
		t.Errorf("the timer ends after %v with %v, %d reboots: %s", time.Since(start), err, ts.reboots, ts.errs.String())
	}
	if ts.started == 0 {
		t.Error("nothing keeps the timer alive")
	}
	ts.boot()
	ts.shows(append([]string{"etc/a=1"}, firmware...)...)
	if st, _ := ts.status(); st.Failed == nil || st.Failed.Reason != "it was not confirmed in time" {
		t.Errorf("status: %+v", st)
	}
}

// TestTimerConfirmed: the timer ends with the confirmation, and with a trial that
// somebody else has ended.
func TestTimerConfirmed(t *testing.T) {
	for name, end := range map[string]func(ts *timers){
		"confirmed":   func(ts *timers) { ts.must("confirm") },
		"rolled back": func(ts *timers) { ts.must("rollback"); ts.deadlineOver() },
		"another": func(ts *timers) {
			ts.must("rollback")
			ts.do("etc/a", "3")
			ts.deadlineOver()
		},
	} {
		t.Run(name, func(t *testing.T) {
			ts := &timers{unit: newUnit(t)}
			ts.do("etc/a", "2")
			ts.must("push", "--confirm-within", "10m")
			end(ts)
			sum := ts.sum()
			if err := ts.cli().timer(10 * time.Millisecond); err != nil || ts.reboots != 0 || ts.sum() != sum {
				t.Errorf("the timer ends with %v, %d reboots: %s", err, ts.reboots, ts.errs.String())
			}
			if _, err := os.Stat(ts.root + boot.DeadlinePath); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the deadline is still there: %v", err)
			}
		})
	}
}

func (ts *timers) deadlineOver() {
	ts.t.Helper()
	d, err := boot.ReadDeadline(ts.root + boot.DeadlinePath)
	must(ts.t, err)
	d.At = 0
	must(ts.t, d.Write(ts.root+boot.DeadlinePath))
}

// TestTimerWithoutFlash: where the trial cannot be ended, the unit reboots all the
// same: preinit counts.
func TestTimerWithoutFlash(t *testing.T) {
	ts := &timers{unit: newUnit(t)}
	ts.do("etc/a", "2")
	ts.must("push", "--confirm-within", "10m")
	ts.deadlineOver()
	must(t, os.Rename(ts.path, ts.path+".gone"))
	if err := ts.cli().timer(time.Millisecond); err == nil || ts.reboots != 1 {
		t.Errorf("the timer ends with %v, %d reboots", err, ts.reboots)
	}
	if b, err := os.ReadFile(ts.root + eventsPath); err != nil || !bytes.Contains(b, []byte("no such file")) {
		t.Errorf("the log is %s (%v)", b, err)
	}
}

// TestTwoTimers: two run, no third; and one is started anew when the other ends.
func TestTwoTimers(t *testing.T) {
	ts := &timers{unit: newUnit(t)}
	ts.do("etc/a", "2")
	ts.must("push", "--confirm-within", "10m")
	c := ts.cli()
	one, _, err := c.timerSeat()
	must(t, err)
	two, other, err := c.timerSeat()
	must(t, err)
	if one == nil || two == nil || other != one.Name() {
		t.Fatalf("the seats are %v and %v beside %s", one, two, other)
	}
	if err := c.timer(time.Millisecond); err != nil || ts.started != 0 {
		t.Errorf("a third timer: %v", err)
	}
	c.reviveTimer(other)
	if ts.started != 0 {
		t.Error("a timer was started beside two")
	}
	must(t, one.Close())
	c.reviveTimer(other)
	if ts.started != 1 {
		t.Errorf("%d timers were started, want 1", ts.started)
	}
}

// TestSpawn runs a program that outlives the one that starts it.
func TestSpawn(t *testing.T) {
	if os.Getenv("SPAWNED") != "" {
		must(t, os.WriteFile(os.Getenv("SPAWNED"), fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600))
		return
	}
	said := filepath.Join(t.TempDir(), "pid")
	t.Setenv("SPAWNED", said)
	must(t, spawn("-test.run=^TestSpawn$"))
	for range 500 {
		if b, _ := os.ReadFile(said); len(b) > 0 {
			var pid int
			fmt.Sscan(string(b), &pid)
			if err := syscall.Kill(pid, 0); pid == os.Getpid() || err != nil && err != syscall.ESRCH {
				t.Errorf("it runs as %d: %v", pid, err)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it does not run")
}
