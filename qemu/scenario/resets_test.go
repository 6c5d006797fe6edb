package scenario

import (
	"time"

	"chainroot/qemu"
)

// trialTimeout is how long a unit may take to come back by itself.
const trialTimeout = 5 * time.Minute

// reboots makes the unit reboot, and waits until it is up again.
func (u *unit) reboots() {
	u.Helper()
	next := u.vm.Boots() + 1
	u.run("(sleep 0.1; reboot -f) > /dev/null 2>&1 &")
	u.untilUp(next)
}

// untilUp waits until the unit is up in its nth boot since power-on, with no hand
// on it.
func (u *unit) untilUp(n int) {
	u.Helper()
	if err := u.vm.ReadyAt(n, trialTimeout); err != nil {
		u.Fatalf("%v; the console ends with\n%s", err, u.tail())
	}
}

// guarded makes the unit one that reboots by itself, and that has a watchdog.
func guarded(m *qemu.Machine) { m.Resets, m.Watchdog = true, true }
