package scenario

import (
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
		rebooted bool   // the time begins anew
		meddle   string // command
	}{
		{"from the push", false, "date -s 2040-01-01; date +%Y | grep 2040"},
		{"from the boot", true, "date -s 2040-01-01"},
		{"without its process", true, "kill -9 $(pidof snapshot)"},
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
					u.onTrial("snapshot 2", 2)
				}
				u.run(test.meddle)
				u.untilUp(u.vm.Boots() + 1)
				if took := time.Since(start); took < least {
					u.Errorf("it went back after %v", took)
				}
				u.fellBack(1, false, "within")
				u.holds(map[string]string{"/etc/one": "1", "/etc/two": ""})
			})
		})
	}
}

// A unit that is confirmed in time stays as it is, and does not reboot.
func TestConfirmedInTime(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.resets = true
	u.boot()
	u.run("echo 2 > /etc/two; snapshot push --try --confirm-within 1m")
	time.Sleep(least - 10*time.Second)
	u.run("snapshot confirm")
	time.Sleep(20 * time.Second)
	u.run("snapshot status")
	if n := u.vm.Boots(); n != 1 {
		u.Errorf("it is in boot %d", n)
	}
}
