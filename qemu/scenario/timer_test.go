package scenario

import (
	"strings"
	"testing"
	"time"

	"chainroot/qemu"
)

// least is the shortest time that --confirm-within takes.
const least = time.Minute

// A unit that nobody confirms in time goes back and reboots by itself, before any
// reboot and after one. What the time of day is set to does not matter, nor that
// the process is killed that waits.
func TestConfirmWithin(t *testing.T) {
	t.Parallel()
	for n, test := range []struct {
		name     string
		rebooted bool
		meddle   string // command
	}{
		{"from the push", false, killTimers},
		{"from the boot", true, "date -s 2040-01-01"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			onEither(t, n, func(u *unit) {
				u.resets = true
				u.boot()
				u.run("echo 1 > /etc/one; snapshot push; echo 2 > /etc/two")
				u.refuse(64, "snapshot push --try --confirm-within 59s")
				start := time.Now()
				u.run("snapshot push --try --confirm-within 1m")
				if test.rebooted {
					u.reboots()
					start = time.Now().Add(-10 * time.Second) // it began a little before
					u.onTrial("snapshot 2", 2)
				}
				u.refuse(114, "snapshot status")
				u.run(test.meddle)
				u.untilUp(u.vm.Boots() + 1)
				if took := time.Since(start); took < least {
					u.Errorf("it went back after %v", took)
				}
				u.fellBack(1, false, "not confirmed in time")
				u.holds(map[string]string{"/etc/one": "1", "/etc/two": ""})
			})
		})
	}
}

// killTimers kills the processes that wait, one after the other.
const killTimers = "for pid in $(pidof snapshot); do kill -9 $pid; sleep 5; done"

// Who confirms in time ends the wait.
func TestConfirmedInTime(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.boot()
	u.run("echo 2 > /etc/two; snapshot push --try --confirm-within 1m")
	u.waits()
	u.run("snapshot confirm; snapshot status")
	u.until("their end", func() bool { return u.try("pidof snapshot").Status != 0 })
}

// waits checks that two processes wait for a confirmation, or soon will.
func (u *unit) waits() {
	u.Helper()
	u.until("the processes that wait", func() bool { return len(strings.Fields(u.try("pidof snapshot").Output)) == 2 })
}
