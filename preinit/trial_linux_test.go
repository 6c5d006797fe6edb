package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/flash"
)

// try puts an entry with these files on trial.
func (m *machine) try(trial chain.Trial, snapshot bool, files map[string]string) {
	m.t.Helper()
	upper := filepath.Join(m.t.TempDir(), "upper")
	m.must(os.Mkdir(upper, 0o751))
	m.plant(upper, files)
	w := chain.NewPayloadWriter()
	_, err := delta.Pack(w, upper, nil)
	m.must(err)
	p, err := w.Finish()
	m.must(err)
	m.onChain(func(c *chain.Chain) { m.must(c.Try(p, snapshot, "tried", trial, time.Unix(1.7e9, 0))) })
}

// bootTrial boots a machine whose flash is written to.
func (m *machine) bootTrial(parameters ...string) *result {
	m.t.Helper()
	p := m.start(parameters...)
	p.before = nil
	return p.wait()
}

// onTrial fails the test unless the chain has an entry on trial with so many
// boots left; negative: none.
func (m *machine) onTrial(left int) {
	m.t.Helper()
	e := opened(m.t, loaded(m.content())).OnTrial()
	switch {
	case e == nil && left >= 0:
		m.t.Errorf("nothing is on trial, want %d boots left", left)
	case e != nil:
		if t, _ := e.Trial(); t.Left != left {
			m.t.Errorf("%d boots are left, want %d", t.Left, left)
		}
	}
}

// TestTrialUsedUp: each boot is recorded, the one after the last shows the state
// before, and so does every later one, which writes nothing.
func TestTrialUsedUp(t *testing.T) {
	for _, snapshot := range []bool{false, true} {
		t.Run(fmt.Sprint("snapshot ", snapshot), func(t *testing.T) {
			m := newMachine(t, map[string]string{"probe": see})
			m.commit("kept", true, map[string]string{"etc/config": "kept"})
			m.try(chain.Trial{Left: 2, Within: time.Hour}, snapshot, map[string]string{"etc/config": "tried"})
			tried := map[bool]string{false: "volatile", true: "snapshot 2"}[snapshot]
			for left := 1; left >= 0; left-- {
				r := m.bootTrial()
				r.has("config tried")
				m.onTrial(left)
				if tr := r.report.Trial; tr == nil || tr.Entry != tried || tr.Left != left || tr.Within != 3600 || tr.GaveUp+tr.Refused != "" || tr.Hash != r.report.State.ID {
					t.Errorf("the report says %+v", tr)
				}
				r.logged("is on trial, with")
				if b, err := os.ReadFile(filepath.Join(m.dir, "panic")); err != nil || string(b) != "10" {
					t.Errorf("the kernel's panic time is %q (%v)", b, err)
				}
			}
			r := m.bootTrial()
			r.has("config kept")
			r.state(1, false, boot.Stacked)
			m.onTrial(-1)
			if tr := r.report.Trial; tr == nil || tr.GaveUp != "it was not confirmed in any of its boots" || tr.Left != 0 {
				t.Errorf("the report says %+v", tr)
			}
			f, ok := opened(t, loaded(m.content())).Failed()
			if !ok || f.Label != "tried" || f.Reason != r.report.Trial.GaveUp {
				t.Errorf("the flash says %+v (%v)", f, ok)
			}
			if b, _ := os.ReadFile(filepath.Join(m.dir, "panic")); string(b) != "0\n" {
				t.Errorf("the kernel's panic time is %q, with nothing on trial", b)
			}
			for range 3 {
				r = m.boot() // the machine checks that the flash is not opened for writing
				r.has("config kept")
				if r.report.Trial != nil {
					t.Errorf("the report says %+v", r.report.Trial)
				}
			}
		})
	}
}

// TestTrialConfirmed: what was confirmed is never counted again.
func TestTrialConfirmed(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.try(chain.Trial{Left: 1}, true, map[string]string{"etc/config": "tried"})
	m.bootTrial().has("config tried")
	m.onChain(func(c *chain.Chain) { m.must(c.Confirm(time.Now())) })
	for range 4 {
		m.boot().has("config tried")
	}
}

// TestTrialNotCounted: a state that the command line asks for is for one boot,
// nothing is written.
func TestTrialNotCounted(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("kept", true, map[string]string{"etc/config": "kept"})
	m.try(chain.Trial{Left: 3}, true, map[string]string{"etc/config": "tried"})
	for parameter, config := range map[string]string{
		"snapshot.rollback": "kept", "snapshot.rollback=1": "kept", "snapshot.rollback=2": "tried", "snapshot.skip": "firmware",
	} {
		r := m.boot(parameter)
		r.has("config " + config)
		if r.report.Trial != nil {
			t.Errorf("%s: the report says %+v", parameter, r.report.Trial)
		}
	}
	m.onTrial(3)
}

// TestTrialCannotBoot: a state on trial that cannot be booted is given up by its
// first boot.
func TestTrialCannotBoot(t *testing.T) {
	for name, tt := range map[string]struct {
		files  map[string]string
		reason string
	}{
		"no init":    {map[string]string{"sbin/init": "whiteout"}, "cannot run /sbin/init: no such file"},
		"no x bit":   {map[string]string{"sbin/init": "#-x"}, "cannot run /sbin/init: permission denied"},
		"no program": {map[string]string{"sbin/init": "\x7fELF of nothing"}, "cannot run /sbin/init: exec format error"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, map[string]string{"probe": see})
			m.commit("kept", false, map[string]string{"etc/config": "kept"})
			m.onChain(func(c *chain.Chain) { m.must(c.Promote("", time.Now())) })
			m.try(chain.Trial{Left: 3}, true, tt.files)
			r := m.bootTrial()
			r.has("config kept")
			m.onTrial(-1)
			if tr := r.report.Trial; tr == nil || !strings.Contains(tr.GaveUp, tt.reason) || tr.Refused != "" {
				t.Errorf("the report says %+v, want %q", tr, tt.reason)
			}
			if f, _ := opened(t, loaded(m.content())).Failed(); !strings.Contains(f.Reason, tt.reason) {
				t.Errorf("the flash says %q, want %q", f.Reason, tt.reason)
			}
			m.boot().has("config kept")
		})
	}
}

// TestTrialBehindIsBad: what is behind the trial cannot be booted either, for
// another reason. The ladder ends at the bare firmware, and stays there.
func TestTrialBehindIsBad(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("kept", true, map[string]string{"sbin/init": "#-x"})
	m.try(chain.Trial{Left: 3}, true, map[string]string{"sbin/init": "whiteout"})
	r := m.bootTrial()
	r.has("config firmware")
	if f, _ := opened(t, loaded(m.content())).Failed(); !strings.Contains(f.Reason, "no such file") {
		t.Errorf("the flash says %q", f.Reason)
	}
	for range 2 {
		r = m.boot()
		r.has("config firmware")
		r.skipped("snapshot 1", "permission denied")
	}
}

// TestTrialBareFirmware: with nothing but the trial in the chain, one goes back to
// the bare firmware, and stops there.
func TestTrialBareFirmware(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.try(chain.Trial{Left: 1}, false, map[string]string{"etc/config": "tried"})
	m.bootTrial().has("config tried")
	m.bootTrial().has("config firmware")
	for range 2 {
		m.boot().has("config firmware")
	}
}

// TestTrialBehindDamage: what is behind the trial is bad too.
func TestTrialBehindDamage(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("kept", true, map[string]string{"etc/config": "kept"})
	m.try(chain.Trial{Left: 1}, true, map[string]string{"etc/config": "tried"})
	m.bootTrial().has("config tried")
	m.bootTrial().has("config kept")
	m.damage(0)
	for range 2 {
		r := m.boot()
		r.has("config firmware")
		r.skipped("snapshot 1", "damaged")
	}
}

// TestTrialDamaged: a trial that does not hold is not booted, and is damage like
// any other.
func TestTrialDamaged(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("kept", true, map[string]string{"etc/config": "kept"})
	m.try(chain.Trial{Left: 3}, true, map[string]string{"etc/config": "tried"})
	m.damage(1)
	for range 5 {
		r := m.bootTrial()
		r.has("config kept")
		r.state(1, false, boot.Stacked)
		if tr := r.report.Trial; tr == nil || tr.GaveUp != "" || !strings.Contains(tr.Refused, "snapshot 2 is on trial, and no boot of it can be recorded") {
			t.Errorf("the report says %+v", tr)
		}
	}
}

// TestTrialReadOnly: where no boot can be recorded, none is made.
func TestTrialReadOnly(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("kept", true, map[string]string{"etc/config": "kept"})
	m.try(chain.Trial{Left: 3}, false, map[string]string{"etc/config": "tried"})
	m.readOnly(1)
	defer m.readOnly(0)
	before := m.content()
	r := m.bootTrial()
	r.has("config kept")
	r.state(1, false, boot.Stacked)
	r.skipped("volatile", "read-only")
	if !bytes.Equal(before, m.content()) {
		t.Error("the flash has changed")
	}
}

// TestTrialFlashFails lets each operation of the record fail: what is not
// recorded is not booted, what is booted has one boot less.
func TestTrialFlashFails(t *testing.T) {
	m := newMachine(t, nil)
	m.commit("kept", true, map[string]string{"etc/config": "kept"})
	m.try(chain.Trial{Left: 3}, true, map[string]string{"etc/config": "tried"})
	flashed := loaded(m.content())
	booted, refused, lies := 0, 0, false
	try := func(how string, fail func(*failing), open error) int {
		d := flashed.Fork()
		f := failing{Device: d}
		if lies { // what is written is somewhere else
			f.Device = d.Fork()
		}
		fail(&f)
		u := newUnit()
		u.flash = d
		u.open = func(string, *flash.Options) (flash.Device, error) { return f, open }
		u.chain = opened(t, d)
		if err := u.countTrial(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		e := opened(t, d).OnTrial()
		if e == nil {
			t.Errorf("%s: nothing is on trial any more", how)
			return 0
		}
		onFlash, inBoot := left(e), u.chain.OnTrial() != nil
		switch {
		case inBoot && (onFlash != 2 || !u.onTrial() || u.report.Trial.Left != 2):
			t.Errorf("%s: it is booted, with %d boots left on the flash: %+v", how, onFlash, u.report.Trial)
		case !inBoot && (u.onTrial() || u.report.Trial.Refused == "" || len(u.chain.Snapshots()) != 1):
			t.Errorf("%s: it is not booted: %+v, %d snapshots", how, u.report.Trial, len(u.chain.Snapshots()))
		case inBoot:
			booted++
		default:
			refused++
		}
		return d.Counts().Ops()
	}
	try("open", func(*failing) {}, syscall.EACCES)
	try("panic", func(f *failing) { f.panics = true }, nil)
	ops := try("none", func(*failing) {}, nil)
	for n := range ops {
		try(fmt.Sprint("operation ", n), func(f *failing) { f.FailAt(n, syscall.EIO) }, nil)
	}
	try("all blocks", func(f *failing) {
		for block := range shape.Blocks() {
			f.FailBlock(block, syscall.EIO)
		}
	}, nil)
	lies = true
	try("lies", func(*failing) {}, nil)
	m.onChain(func(c *chain.Chain) { m.must(c.Rollback(1, time.Now())) })
	m.try(chain.Trial{Left: 3}, true, map[string]string{"etc/config": "another"})
	other := loaded(m.content())
	try("another trial", func(f *failing) { f.Device = other }, nil)
	if m.onTrial(3); left(opened(t, other).OnTrial()) != 3 {
		t.Error("a boot of another trial was recorded")
	}
	if booted == 0 || refused < 5 || ops == 0 {
		t.Errorf("booted %d, refused %d, operations %d", booted, refused, ops)
	}
}

// timerScript stands for /sbin/snapshot.
const timerScript = `#!/bin/sh
echo "timer $* $(cat /snapshot/deadline)" > /timer
`

// TestTrialTimer: what waits for a confirmation is started before the real init.
func TestTrialTimer(t *testing.T) {
	m := newMachine(t, map[string]string{
		"sbin/snapshot": timerScript,
		"probe":         "while [ ! -s /timer ]; do sleep 0.05; done; cat /timer\n",
	})
	m.try(chain.Trial{Left: 3, Within: 10 * time.Minute}, true, map[string]string{"etc/config": "tried"})
	up := boot.Uptime()
	r := m.bootTrial()
	var hash string
	var at int64
	_, line, _ := strings.Cut(r.out, "timer timer ")
	if n, err := fmt.Sscan(line, &hash, &at); n != 2 && !errors.Is(err, io.EOF) {
		t.Fatalf("no timer ran: %v\n%s\n%s", err, r.out, r.kmsg)
	}
	if d := time.Duration(at) - up; hash != r.report.State.ID || d < 10*time.Minute || d > 11*time.Minute {
		t.Errorf("the deadline is %v for %s, want 10 minutes for %s", d, hash, r.report.State.ID)
	}
	r.logged("has 10m0s to be confirmed")
}

// TestTrialNoTimer: a unit without the program boots all the same.
func TestTrialNoTimer(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.try(chain.Trial{Left: 3, Within: 10 * time.Minute}, true, map[string]string{"etc/config": "tried"})
	r := m.bootTrial()
	r.has("config tried")
	r.logged("nothing waits for the confirmation of snapshot 1: cannot run /sbin/snapshot")
}

// TestTrialNoWatchdog: one that is not there is said, and does not stop a boot. No
// watchdog is asked for where nothing is on trial.
func TestTrialNoWatchdog(t *testing.T) {
	if _, err := os.Stat(watchdogPath); err == nil {
		t.Fatalf("this machine has a %s: the test would start it", watchdogPath)
	}
	m := newMachine(t, map[string]string{"probe": see})
	if r := m.boot("snapshot.watchdog=30"); strings.Contains(r.kmsg, "watchdog") {
		t.Errorf("a watchdog, with nothing on trial:\n%s", r.kmsg)
	}
	m.try(chain.Trial{Left: 3}, true, map[string]string{"etc/config": "tried"})
	r := m.bootTrial("snapshot.watchdog=30")
	r.has("config tried")
	r.logged("<3>preinit: no watchdog guards this boot on trial: cannot open /dev/watchdog")
}
