package scenario

import (
	"strings"
	"testing"
)

// rollback and --undo last across reboots; after a rollback the unit goes on
// from there, and nothing of the branch it left ever returns.
func TestRollback(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/one", "1"), text("etc/two", "2"), text("etc/three", "3")}, text("etc/four", "4"))
		u.boot()
		before := u.bytes()
		u.run("snapshot rollback 1")
		u.appended(before, 2)
		u.state(3, true) // the running system is left alone
		u.holds(map[string]string{"/etc/three": "3"})
		u.untouched("rollback to the same", func() { u.run("snapshot rollback 1") })

		u.boot()
		u.state(1, false)
		u.holds(map[string]string{"/etc/one": "1", "/etc/two": "", "/etc/three": "", "/etc/four": ""})
		u.run("snapshot rollback --undo")

		u.boot()
		u.state(3, true)
		u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2", "/etc/three": "3", "/etc/four": "4"})
		u.run("snapshot rollback") // one state: the volatile entry
		u.run("snapshot rollback 1")

		u.boot()
		u.state(1, false)
		u.run("echo new > /etc/new; snapshot config")
		u.boot()
		u.state(1, true)
		u.run("snapshot push --label branch")
		u.untouched("--undo when its space was used", func() { u.refuse(69, "snapshot rollback --undo") })
		u.boot()
		r := u.state(2, false)
		if r.Entries[1].Label != "branch" {
			u.Errorf("entries %+v", r.Entries)
		}
		u.holds(map[string]string{"/etc/one": "1", "/etc/two": "", "/etc/three": "", "/etc/four": "", "/etc/new": "new"})
		// However far back and forth: what stood behind is gone for good.
		u.run("snapshot rollback 1; snapshot rollback --undo; echo more > /etc/more; snapshot config; snapshot push")
		u.boot()
		u.state(3, false)
		u.holds(map[string]string{"/etc/two": "", "/etc/three": "", "/etc/four": "", "/etc/new": "new", "/etc/more": "more"})
		if info := u.run("snapshot info"); strings.Contains(info, "number 2") || strings.Contains(info, "number 3") {
			u.Errorf("the old branch is in\n%s", info)
		}
		u.run("snapshot verify")
	})
}

// Back to the bare firmware, and on from there.
func TestRollbackToFirmware(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/one", "1")}, text("etc/two", "2"))
		u.boot()
		u.refuse(69, "snapshot rollback 5")
		u.refuse(64, "snapshot rollback nonsense")
		u.run("snapshot rollback 0")
		u.boot()
		r := u.state(0, false)
		if r.State.ID != strings.Repeat("0", 64) {
			u.Errorf("bare firmware is named %s", r.State.ID)
		}
		u.holds(map[string]string{"/etc/one": "", "/etc/two": ""})
		u.run("echo again > /etc/again; snapshot config")
		u.boot()
		u.state(0, true)
		u.holds(map[string]string{"/etc/one": "", "/etc/two": "", "/etc/again": "again"})
	})
}
