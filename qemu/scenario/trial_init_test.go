package scenario

import "testing"

// A state on trial whose init does not run, or does not stay, ends in the state
// before, with no hand on the unit.
func TestTrialOfAnInit(t *testing.T) {
	t.Parallel()
	for n, test := range []struct {
		name  string
		bad   layer
		boots int // of the machine, until it is up with the state before
		why   string
	}{
		{"missing", layer{}.without("sbin/init"), 1, "cannot run /sbin/init"},
		{"not executable", script("sbin/init", 0o644, "exec /bin/busybox init"), 1, "cannot run /sbin/init"},
		{"crashes", script("sbin/init", 0o755, "exit 1"), 2, "not confirmed in any of its boots"},
		{"hangs", script("sbin/init", 0o755, "sleep 100000"), 2, "not confirmed in any of its boots"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			onEither(t, n, func(u *unit) {
				u.resets = true
				u.snapshots(text("etc/one", "1"))
				u.tries(test.bad, 1)
				u.start("snapshot.watchdog=5")
				u.untilUp(test.boots)
				u.fellBack(1, false, test.why)
				u.holds(map[string]string{"/etc/one": "1"})
				u.want("init", "cat /proc/1/comm")
				u.untouched("a later boot", func() {
					u.reboots()
					if r := u.state(1, false); r.Trial != nil {
						u.Errorf("boot.json has a trial: %+v", r.Trial)
					}
					u.want("inactive", watchdog)
				})
			})
		})
	}
}
