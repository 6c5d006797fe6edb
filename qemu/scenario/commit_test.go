package scenario

import (
	"testing"
)

// What was not committed is gone after a power cut; what was is there, first as
// the volatile entry, then as a snapshot.
func TestCommit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		u.run("echo lost > /etc/lost; echo changed > /etc/hostname")

		u.boot()
		// The last one who closes a block device flushes it: that must not be what
		// makes a commit last.
		u.run("sleep 1000 < " + u.report().Device + " > /dev/null 2>&1 &")
		u.holds(map[string]string{"/etc/lost": "", "/etc/hostname": "unit"})
		u.run("echo kept > /etc/kept; echo changed > /etc/hostname; rm /www/index.html; snapshot config")
		u.untouched("config without a change", func() { u.run("snapshot config") })

		u.boot()
		u.state(0, true)
		u.holds(map[string]string{"/etc/kept": "kept", "/overlay/upper/etc/kept": "kept", "/snapshot/upper/etc/kept": "",
			"/etc/hostname": "changed", "/www/index.html": ""})
		u.untouched("config of what was booted", func() { u.run("snapshot config") })
		before := u.bytes()
		u.run("snapshot push --label first")
		u.appended(before, 2)
		u.untouched("push of nothing", func() { u.run("snapshot push") })

		u.boot()
		r := u.state(1, false)
		if r.Entries[0].Label != "first" {
			u.Errorf("label %q", r.Entries[0].Label)
		}
		u.holds(map[string]string{"/etc/kept": "kept", "/overlay/upper/etc/kept": "", "/snapshot/upper/etc/kept": "kept",
			"/etc/hostname": "changed", "/www/index.html": ""})
		u.untouched("config on top of a snapshot", func() { u.run("snapshot config") })
	})
}

// appended checks that since before nothing was erased, and at most so many
// write units were programmed: bits went from 1 to 0 only, in places that were
// erased.
func (u *unit) appended(before []byte, units int) {
	u.Helper()
	size := 4096 // write unit of a block device
	if u.bytewise() {
		size = 128 // a record slot
	}
	touched := map[int]bool{}
	for i, b := range u.bytes() {
		if b == before[i] {
			continue
		}
		touched[i/size] = true
		if before[i] != 0xff {
			u.Errorf("byte %d was %#02x and is %#02x: not an append", i, before[i], b)
			return
		}
	}
	if len(touched) == 0 || len(touched) > units {
		u.Errorf("%d write units were programmed, want 1 to %d", len(touched), units)
	}
}

// A config goes on with what changed since the last one, and so does push.
func TestCommitAgainAndAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		for _, n := range []string{"1", "2", "3"} {
			u.run("echo " + n + " > /etc/count; echo " + n + " > /etc/only-" + n + "; rm -f /etc/only-0; snapshot config")
		}
		u.run("snapshot push; echo 4 > /etc/count; snapshot push; rm /etc/only-2; echo 5 > /etc/count; snapshot config; echo 6 > /etc/count")
		u.boot()
		u.state(2, true)
		u.holds(map[string]string{"/etc/count": "5", "/etc/only-1": "1", "/etc/only-2": "", "/etc/only-3": "3"})
	})
}
