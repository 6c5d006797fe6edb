package scenario

import (
	"testing"

	"chainroot/qemu"
)

// watchdog is the state of the watchdog, as the kernel has it.
const watchdog = "cat /sys/class/watchdog/watchdog0/state"

// The watchdog is started for a state on trial, and for no other. The real init
// takes it over; it resets a unit on trial that hangs later, which counts as any
// boot does.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.resets = true
	u.snapshots(text("etc/one", "1"))
	u.tries(script("etc/rc.local", 0o755, "watchdog -T 8 -t 2 /dev/watchdog"), 2)
	u.start("snapshot.watchdog=20")

	u.untilUp(1)
	u.onTrial("snapshot 2", 1)
	u.want("active", watchdog)
	u.run("sleep 10") // it is fed
	u.hang()
	u.untilUp(2)
	u.onTrial("snapshot 2", 0)
	u.hang()
	u.untilUp(3)
	u.fellBack(1, false, "not confirmed in any of its boots")
	u.want("inactive", watchdog)
}

// hang stops what feeds the watchdog.
func (u *unit) hang() {
	u.Helper()
	u.want("active", watchdog)
	u.run("kill -STOP $(pidof watchdog)")
}
