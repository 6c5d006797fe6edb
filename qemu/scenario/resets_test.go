package scenario

import "time"

// trialTimeout is how long a unit may take to come back by itself.
const trialTimeout = 5 * time.Minute

// reset makes the unit reboot, and does not wait for what comes of it.
func (u *unit) reset() {
	u.Helper()
	u.run("(sleep 0.2; reboot -f) > /dev/null 2>&1 &")
}

// reboots makes the unit reboot, and waits until it is up again.
func (u *unit) reboots() {
	u.Helper()
	next := u.vm.Boots() + 1
	u.reset()
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
