package scenario

import (
	"strings"
	"testing"
)

// A state on trial that is confirmed stays, through power cuts too, and is never
// counted again: not a bit of the flash changes any more.
func TestTrialConfirmed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		u.run("echo 1 > /etc/one; snapshot push; echo 2 > /etc/two; snapshot push --try")
		u.boot()
		u.onTrial("snapshot 2", 2)
		u.state(2, false)
		u.refuse(114, "snapshot status")
		before := u.bytes()
		u.run("snapshot confirm")
		u.appended(before, 2)
		u.untouched("a state that is confirmed", func() {
			u.refuse(113, "snapshot confirm")
			u.run("snapshot status")
			for range 2 {
				u.boot()
				if r := u.state(2, false); r.Trial != nil {
					u.Errorf("boot.json has a trial: %+v", r.Trial)
				}
				u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2"})
			}
		})
	})
}

// A state that nobody confirms is given up when its boots are used up, in favour
// of the state before; other boots do not count.
func TestTrialRunsOut(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		u.run("echo 1 > /etc/one; snapshot push; echo 2 > /etc/two; snapshot config --try=2")
		u.boot()
		u.onTrial("volatile", 1)
		u.state(1, true)
		u.untouched("a boot of the state before", func() {
			u.boot("snapshot.rollback=1")
			u.state(1, false)
		})
		u.boot()
		u.onTrial("volatile", 0)
		u.holds(map[string]string{"/etc/two": "2"})

		u.boot()
		u.fellBack(1, false, "boots")
		u.holds(map[string]string{"/etc/one": "1", "/etc/two": ""})
		u.untouched("a later boot", func() {
			u.boot()
			u.state(1, false)
		})
		u.run("echo 3 > /etc/three; snapshot config; snapshot verify; snapshot status")
	})
}

// onTrial checks that an entry is on trial, with so many boots left.
func (u *unit) onTrial(entry string, left int) {
	u.Helper()
	switch trial := u.report().Trial; {
	case trial == nil:
		u.Error("boot.json has no trial")
	case trial.Entry != entry || trial.Left != left || trial.GaveUp != "" || trial.Refused != "":
		u.Errorf("boot.json has the trial %+v, want %s with %d boots left", *trial, entry, left)
	}
}

// fellBack checks that this boot or the one before it gave up a trial in favour of
// a state, and that the unit tells why.
func (u *unit) fellBack(snapshot int, volatile bool, why string) {
	u.Helper()
	u.state(snapshot, volatile)
	for _, command := range []string{"snapshot status", "snapshot log"} {
		if said := u.try(command).Output; !strings.Contains(said, why) {
			u.Errorf("%q does not tell why the trial ended, %q: %s", command, why, said)
		}
	}
}
