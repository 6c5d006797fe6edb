package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
)

// aTrial is a state on trial, or not.
type aTrial struct {
	on           *running // nil: not on trial
	before       func()   // called before each answer
	fails        error    // of onTrialHere
	confirmFails int      // times
	giveUpFails  int
	interval     time.Duration
	did          []string // confirm, give up: REASON, event: TEXT
}

func newTrial() *aTrial {
	return &aTrial{on: &running{Name: "snapshot 2", Label: "new firewall"}, interval: 50 * time.Millisecond}
}

func (t *aTrial) onTrialHere() (*running, error) {
	if t.before != nil {
		t.before()
	}
	if t.fails != nil {
		return nil, t.fails
	}
	return t.on, nil
}

func (t *aTrial) confirmRunning() error {
	if t.confirmFails--; t.confirmFails >= 0 {
		return errors.New("somebody holds the lock")
	}
	t.on = nil
	t.did = append(t.did, "confirm")
	return nil
}

func (t *aTrial) giveUpRunning(reason string) error {
	if t.giveUpFails--; t.giveUpFails >= 0 {
		return errors.New("somebody holds the lock")
	}
	t.did = append(t.did, "give up: "+reason)
	return nil
}

func (t *aTrial) logEvent(kind, text string) { t.did = append(t.did, kind+": "+text) }

// watch runs the watcher, for so long.
func (t *aTrial) watch(root string, deadline time.Duration) (out string, took time.Duration, err error) {
	var b bytes.Buffer
	wall := time.Unix(0, 0)
	c := &cli{out: &b, root: root, now: func() time.Time { // a clock that jumps
		wall = wall.Add(1e6 * time.Hour)
		return wall
	}}
	w := &watcher{c: c, trial: t, timeout: 30 * time.Second, interval: t.interval, deadline: deadline}
	start := time.Now()
	err = w.watch()
	return b.String(), time.Since(start), err
}

func (t *aTrial) has(tt *testing.T, want ...string) {
	tt.Helper()
	if got := strings.Join(t.did, "\n"); got != strings.Join(want, "\n") {
		tt.Errorf("what was done:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

const ended = ` "$(wc -l < $ROOT/ran)" -ge ` // rounds were begun

func TestWatchNotOnTrial(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note, "green.d/10-g", note)
	trial := &aTrial{}
	out, _, err := trial.watch(root, time.Minute)
	if err != nil || out != "The running state is not on trial: there is nothing to confirm.\n" || ran(t, root) != "" {
		t.Errorf("%v: %s%s", err, out, ran(t, root))
	}
	trial.has(t)

	trial.fails = errors.New("the flash cannot be read")
	if _, _, err := trial.watch(root, time.Minute); err != trial.fails {
		t.Error(err)
	}
}

func TestWatchConfirms(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note+"; echo not yet; ["+ended+"3 ]", "required.d/20-b", "true",
		"wanted.d/10-w", note+"; false", "green.d/10-g", note, "red.d/10-r", note)
	trial := newTrial()
	out, took, err := trial.watch(root, time.Minute)
	if err != nil || took > 30*time.Second {
		t.Errorf("%v, %v: %s", took, err, out)
	}
	if got := ran(t, root); got != "10-a 10-a 10-a 10-w 10-g" {
		t.Errorf("what ran: %s", got)
	}
	trial.has(t, "health: not confirmed yet: 10-a: not yet", "confirm", "health: healthy: 2 required checks passed, not so wanted.d/10-w")
	if strings.Count(out, "Not confirmed yet: 10-a: not yet\n") != 1 || !strings.HasPrefix(out, "snapshot 2 (new firewall) is on trial: ") || !strings.Contains(out, "within 1m0s") {
		t.Error(out)
	}
}

// TestWatchWaits: there is an interval between the rounds.
func TestWatchWaits(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note+"; ["+ended+"3 ]")
	trial := newTrial()
	trial.interval = 1200 * time.Millisecond
	if _, took, err := trial.watch(root, time.Minute); err != nil || took < 2*trial.interval {
		t.Errorf("three rounds in %v: %v", took, err)
	}
}

func TestWatchGivesUp(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note, "required.d/20-b", "echo trying; echo the gateway is away; exit 1",
		"wanted.d/10-w", note, "green.d/10-g", note, "red.d/10-r", note+"; date >> $ROOT/red")
	trial := newTrial()
	out, took, err := trial.watch(root, 2*time.Second)
	if exitCode(err) != exitUnhealthy || took < 2*time.Second || took > 20*time.Second {
		t.Errorf("%v, %v: %s", took, err, out)
	}
	got := ran(t, root)
	if rounds := strings.Count(got, "10-a"); rounds < 2 || got != strings.Repeat("10-a ", rounds)+"10-r" {
		t.Errorf("what ran: %s", got)
	}
	trial.has(t, "health: not confirmed yet: 20-b: the gateway is away", "health: unhealthy: 20-b: the gateway is away\nrequired.d/20-b: trying\nrequired.d/20-b: the gateway is away", "give up: 20-b: the gateway is away")
	if !strings.Contains(out, "required.d/20-b: exit code 1\n    trying\n    the gateway is away\n") {
		t.Error(out)
	}
}

// TestWatchEarlierDeadline: that of the trial counts if it is earlier, even if it
// changes, and a check is not waited for any longer.
func TestWatchEarlierDeadline(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note+"; exec sleep 100")
	trial := newTrial()
	trial.on.Deadline = boot.Uptime() + 400*time.Millisecond
	_, took, err := trial.watch(root, time.Hour)
	if exitCode(err) != exitUnhealthy || took < 400*time.Millisecond || took > 20*time.Second {
		t.Errorf("%v: %v", took, err)
	}
	if last := trial.did[len(trial.did)-1]; !strings.HasPrefix(last, "give up: 10-a: took more than ") {
		t.Error(last)
	}

	trial = newTrial()
	trial.on.Deadline = boot.Uptime() + time.Hour
	root = newChecks(t, "required.d/10-a", "echo no; exit 1")
	if _, took, _ := trial.watch(root, 300*time.Millisecond); took > 20*time.Second {
		t.Errorf("the own deadline, which is earlier: %v", took)
	}

	trial = newTrial()
	trial.before = func() {
		if len(trial.did) > 0 && trial.on.Deadline == 0 {
			trial.on.Deadline = boot.Uptime() + 200*time.Millisecond
		}
	}
	if _, took, _ := trial.watch(root, time.Hour); took > 20*time.Second {
		t.Errorf("a deadline that came later: %v", took)
	}

	trial = newTrial()
	trial.on.Deadline = 1
	root = newChecks(t, "required.d/10-a", note, "red.d/10-r", note)
	if _, _, err := trial.watch(root, time.Hour); exitCode(err) != exitUnhealthy || ran(t, root) != "10-r" {
		t.Errorf("after the deadline: %v, %s", err, ran(t, root))
	}
	trial.has(t, "health: unhealthy: no health check was run in time", "give up: no health check was run in time")
}

// TestWatchReason: a check that the deadline has cut short is not the reason if a
// whole round failed before it.
func TestWatchReason(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note+"; ["+ended+"2 ] && exec sleep 100; true", "required.d/20-b", "echo away; exit 1")
	trial := newTrial()
	if _, _, err := trial.watch(root, 3*time.Second); exitCode(err) != exitUnhealthy {
		t.Error(err)
	}
	if last := trial.did[len(trial.did)-1]; last != "give up: 20-b: away" {
		t.Error(last)
	}
}

func TestWatchSomebodyElse(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note+"; exit 1", "green.d/10-g", note, "red.d/10-r", note)
	trial, asked := newTrial(), 0
	trial.before = func() {
		if asked++; asked == 4 {
			trial.on = nil
		}
	}
	out, _, err := trial.watch(root, time.Minute)
	if err != nil || !strings.HasSuffix(out, "not on trial any more: somebody confirmed it, or went back.\n") || ran(t, root) != "10-a 10-a 10-a" {
		t.Errorf("%v: %s%s", err, out, ran(t, root))
	}
	trial.has(t, "health: not confirmed yet: 10-a: exit code 1")

	// In the last moment.
	root = newChecks(t, "required.d/10-a", "exit 1")
	trial, end := newTrial(), boot.Uptime()+300*time.Millisecond
	trial.before = func() {
		if boot.Uptime() >= end {
			trial.on = nil
		}
	}
	if out, _, err := trial.watch(root, 300*time.Millisecond); err != nil || !strings.Contains(out, "any more") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestWatchNothingToCheck: that is said at once, and confirms nothing.
func TestWatchNothingToCheck(t *testing.T) {
	for _, root := range []string{newChecks(t), newChecks(t, "wanted.d/10-a", "true", "red.d/10-r", note)} {
		trial := newTrial()
		out, _, err := trial.watch(root, 300*time.Millisecond)
		if exitCode(err) != exitUnhealthy || len(trial.did) != 3 || !strings.HasPrefix(trial.did[2], "give up: no health check passed: there is no ") {
			t.Errorf("%v: %s%q", err, out, trial.did)
		}
		if !strings.Contains(out, "Not confirmed yet: no health check passed: there is no ") {
			t.Error(out)
		}
	}
	// A check that comes later counts.
	root, trial := newChecks(t), newTrial()
	trial.before = func() {
		if len(trial.did) == 1 {
			addCheck(t, root, "required.d/10-a", "true")
		}
	}
	if _, _, err := trial.watch(root, time.Minute); err != nil {
		t.Error(err)
	}
}

// TestWatchTriesAgain: what fails for another command may succeed later.
func TestWatchTriesAgain(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note, "red.d/10-r", note, "green.d/10-g", note)
	trial, asked := newTrial(), 0
	trial.confirmFails = 2
	trial.before = func() {
		trial.fails = nil
		if asked++; asked == 2 {
			trial.fails = errors.New("the flash cannot be read")
		}
	}
	if out, _, err := trial.watch(root, time.Minute); err != nil || ran(t, root) != "10-a 10-a 10-a 10-g" {
		t.Errorf("%v: %s%s", err, out, ran(t, root))
	}
	trial.has(t, "health: not confirmed yet: healthy, but not confirmed: somebody holds the lock", "health: not confirmed yet: the flash cannot be read",
		"health: not confirmed yet: healthy, but not confirmed: somebody holds the lock", "confirm", "health: healthy: 1 required check passed")

	root = newChecks(t, "required.d/10-a", "exit 1", "red.d/10-r", note)
	trial = newTrial()
	trial.giveUpFails = 3
	if out, _, err := trial.watch(root, 2*time.Second); exitCode(err) != exitUnhealthy || ran(t, root) != "10-r" {
		t.Errorf("%v: %s%s", err, out, ran(t, root))
	}
	trial.has(t, "health: not confirmed yet: 10-a: exit code 1", "health: unhealthy: 10-a: exit code 1",
		"health: not confirmed yet: cannot give it up: somebody holds the lock", "give up: 10-a: exit code 1")
}

// tryOut puts what the unit has on trial, and boots it.
func (u *unit) tryOut(t chain.Trial) {
	u.t.Helper()
	u.do("etc/a", "new")
	u.must("config")
	u.onChain(func(c *chain.Chain) error { return c.TryPromote("new", t, time.Unix(1_700_000_000, 0)) })
	u.boot()
}

// TestWatchOnUnit: with a chain, and without holding its lock meanwhile.
func TestWatchOnUnit(t *testing.T) {
	u := newUnit(t)
	if out := u.must("health", "--watch"); !strings.Contains(out, "not on trial") {
		t.Error(out)
	}
	u.tryOut(chain.Trial{Left: 3})
	addCheck(t, u.root, "required.d/10-a", fmt.Sprintf("flock -n %s true", u.path))
	if out := u.must("health", "--watch"); !strings.Contains(out, "snapshot 1 (new) is on trial") {
		t.Error(out)
	}
	u.onChain(func(c *chain.Chain) error {
		if c.OnTrial() != nil || len(c.Snapshots()) != 1 {
			t.Error("not confirmed")
		}
		return nil
	})
	if out := u.must("health", "--watch"); !strings.Contains(out, "not on trial") {
		t.Error(out)
	}
}

// TestWatchWithoutChain: it is started at every boot, of whatever.
func TestWatchWithoutChain(t *testing.T) {
	for name, r := range map[string]*boot.Report{
		"not booted by preinit": nil,
		"no rootfs_data":        {Version: 1, Layout: boot.Stacked},
		"classic":               {Version: 1, Layout: boot.Classic, Device: "/nowhere/jffs2"},
		"squashfs alone":        {Version: 1, Layout: boot.Bare, Device: "/nowhere/chain"},
	} {
		root := newChecks(t, "required.d/10-a", note)
		if r != nil {
			must(t, os.WriteFile(root+boot.ReportPath, r.AppendJSON(nil), 0o644))
		}
		if out, errs, code := run(t, root, "health", "--watch"); code != exitOK || !strings.Contains(out, "not on trial") || ran(t, root) != "" {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errs)
		}
	}
}

func TestWatchRebootsUnit(t *testing.T) {
	u := newUnit(t)
	u.tryOut(chain.Trial{Left: 3})
	addCheck(t, u.root, "required.d/10-a", "echo the gateway is away; exit 1")
	var out, errs bytes.Buffer
	reboots := 0
	c := &cli{out: &out, errs: &errs, root: u.root, reboot: func() error { reboots++; return nil }}
	code := c.main([]string{"health", "--watch", "--interval", "50ms", "--deadline", "2s"})
	if code != exitUnhealthy || reboots != 1 {
		t.Errorf("exit %d, %d reboots: %s%s", code, reboots, out.String(), errs.String())
	}
	u.onChain(func(c *chain.Chain) error {
		if f, ok := c.Failed(); !ok || f.Reason != "10-a: the gateway is away" || len(c.Snapshots()) != 0 {
			t.Errorf("%+v %v", f, ok)
		}
		return nil
	})
}

// TestBootTime: it is the clock that a suspend does not stop. Name spaces give
// that one another time than the one that stands still.
func TestBootTime(t *testing.T) {
	if os.Getenv("BOOT_TIME") == "" {
		cmd := exec.Command("unshare", "--time", "--fork", "--boottime", "1000000000", os.Args[0], "-test.run", "^TestBootTime$")
		cmd.Env = append(os.Environ(), "BOOT_TIME=ahead")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	if got := boot.Uptime(); got < 1e9*time.Second {
		t.Errorf("%v since the boot", got)
	}
}

// TestHealthDies: a check does not outlive the program.
func TestHealthDies(t *testing.T) {
	if root := os.Getenv("HEALTH_ROOT"); root != "" {
		run(t, root, "health")
		return
	}
	root := newChecks(t, "required.d/10-a", "echo $$ > $ROOT/new; mv $ROOT/new $ROOT/pids; exec sleep 100")
	cmd := exec.Command(os.Args[0], "-test.run", "^TestHealthDies$")
	cmd.Env = append(os.Environ(), "HEALTH_ROOT="+root)
	must(t, cmd.Start())
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(root, "pids")); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Error("the check does not start")
			break
		}
	}
	must(t, unix.Kill(cmd.Process.Pid, unix.SIGKILL))
	_ = cmd.Wait() // killed
	gone(t, filepath.Join(root, "pids"))
}
