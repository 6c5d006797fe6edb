package scenario

import (
	"os"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/qemu"
)

// flip flips one bit in the payload of an entry.
func (u *unit) flip(e *chain.Entry) {
	u.Helper()
	content := u.bytes()
	const hash = 32 // a chunk table of one chunk
	content[u.offset()+e.Block*qemu.EraseSize+chain.HeaderSize+hash+int(e.Stored/2)] ^= 0x10
	u.must(os.WriteFile(u.flash, content, 0o644))
}

// One flipped bit in a snapshot in the middle: the state before it boots, the
// console and boot.json say which and why, and the unit can be worked with.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/one", "1"), text("etc/two", "2"), text("etc/three", "3")}, text("etc/four", "4"))
		u.flip(u.entry(2))
		u.untouched("a boot", func() {
			u.boot()
			u.state(1, false)
			u.skipped("snapshot 2", "hash")
			u.holds(map[string]string{"/etc/one": "1", "/etc/two": "", "/etc/three": "", "/etc/four": ""})
			if report := u.refuse(65, "snapshot verify"); !strings.Contains(report, "2") {
				u.Errorf("verify does not name the entry:\n%s", report)
			}
			u.run("snapshot info")
		})
		u.run("echo new > /etc/new; snapshot config; snapshot push")
		u.boot()
		u.state(2, false)
		u.holds(map[string]string{"/etc/one": "1", "/etc/new": "new", "/etc/two": "", "/etc/three": "", "/etc/four": ""})
		u.run("snapshot verify")
	})
}

// snapshot.rollback counts from what would be booted, not from what is damaged.
func TestRollbackPastDamage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.snapshots(text("etc/one", "1"), text("etc/two", "2"), text("etc/three", "3"))
		u.flip(u.entry(3))
		u.boot("snapshot.rollback")
		u.state(1, false)
		u.skipped("snapshot 3", "hash")
	})
}

// A damaged first entry leaves the bare firmware, and a way on.
func TestDamagedFirstEntry(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/one", "1")}, text("etc/two", "2"))
		u.flip(u.entry(1))
		u.boot()
		u.state(0, false)
		u.skipped("snapshot 1", "hash")
		u.run("echo new > /etc/new; snapshot config")
		u.boot()
		u.state(0, true)
		u.holds(map[string]string{"/etc/new": "new", "/etc/one": ""})
	})
}
