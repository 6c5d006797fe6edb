package scenario

import (
	"strings"
	"testing"

	"chainroot/qemu"
)

// A unit's life on every board: commits, roll-backs, damage, trials and a full flash,
// with a power cut after each step.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		arch   string
		attach qemu.Attach
		root   string
		device string
	}{
		{"amd64", qemu.MTD, "/dev/vda", "/dev/mtd0"},
		{"arm64", qemu.Block, "/dev/vda", "/dev/vdb"},
		{"mips", qemu.NOR, "/dev/vda", "/dev/mtd2"},
		{"mips", qemu.Chip, "/dev/mtdblock1", "/dev/mtd2"},
		{"mipsle", qemu.MTD, "/dev/vda", "/dev/mtd0"},
		{"mips64le", qemu.MTD, "/dev/vda", "/dev/mtd0"},
	} {
		t.Run(test.arch+"-"+test.attach.String(), func(t *testing.T) {
			t.Parallel()
			u := newUnitOn(t, test.arch, test.attach)
			if u.offset() == 0 {
				u.erase(smallSize)
			}
			u.untouched("a first boot", func() {
				u.boot()
				r := u.state(0, false)
				if r.Root != test.root || r.Device != test.device || r.Holds != "erased" || len(r.Skipped) != 0 {
					u.Errorf("boot.json: %+v", r)
				}
				u.mounts()
			})
			u.commits()
			u.refusesTooMuch()
			u.rollsBack()
			u.outlivesDamage()
			u.runsOut()
		})
	}
}

// commits makes one entry after the other: snapshots 1 and 2, and a volatile one.
func (u *unit) commits() {
	u.Helper()
	u.run("echo lost > /etc/lost")
	u.boot()
	u.holds(map[string]string{"/etc/lost": ""})
	u.run("echo 1 > /etc/one; rm /www/index.html; snapshot config")
	u.untouched("config without a change", func() { u.run("snapshot config") })
	u.boot()
	u.state(0, true)
	u.holds(map[string]string{"/etc/one": "1", "/www/index.html": ""})
	before := u.bytes()
	u.run("snapshot push --label first")
	u.appended(before, 2)
	u.run("echo 2 > /etc/two; snapshot push; echo 3 > /etc/three; snapshot config")
	u.boot()
	r := u.state(2, true)
	if r.Entries[0].Label != "first" {
		u.Errorf("label %q", r.Entries[0].Label)
	}
	u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2", "/etc/three": "3", "/overlay/upper/etc/three": "3"})
	u.run("snapshot verify")
}

func (u *unit) refusesTooMuch() {
	u.Helper()
	u.run("head -c 1500000 /dev/urandom > /root/big")
	u.untouched("config of too much", func() {
		if said := u.refuse(73, "snapshot config"); !strings.Contains(said, "blocks") {
			u.Errorf("blocks are not in %q", said)
		}
	})
}

// rollsBack leaves snapshots 1 and 2.
func (u *unit) rollsBack() {
	u.Helper()
	u.untouched("a boot", func() {
		u.boot("snapshot.rollback=1")
		u.state(1, false)
		u.holds(map[string]string{"/etc/one": "1", "/etc/two": "", "/etc/three": "", "/root/big": ""})
	})
	u.boot()
	u.state(2, true)
	before := u.bytes()
	u.run("snapshot rollback")
	u.appended(before, 2)
	u.boot()
	u.state(2, false)
	u.holds(map[string]string{"/etc/two": "2", "/etc/three": ""})
}

// outlivesDamage flips a bit in snapshot 2. The one that takes its place is
// confirmed after its first boot.
func (u *unit) outlivesDamage() {
	u.Helper()
	u.flip(u.entry(2))
	u.boot()
	u.state(1, false)
	u.skipped("snapshot 2", "hash")
	u.run("echo new > /etc/new; snapshot config; snapshot push --try")
	u.boot()
	u.onTrial("snapshot 2", 2)
	r := u.state(2, false)
	u.holds(map[string]string{"/etc/one": "1", "/etc/two": "", "/etc/new": "new"})
	u.want(r.State.ID, "snapshot id")
	u.run("snapshot confirm; snapshot status; snapshot verify")
}

// runsOut leaves a snapshot 3 on trial without a confirmation.
func (u *unit) runsOut() {
	u.Helper()
	u.run("echo 4 > /etc/four; snapshot push --try=1")
	u.boot()
	u.onTrial("snapshot 3", 0)
	u.holds(map[string]string{"/etc/new": "new", "/etc/four": "4"})
	u.boot()
	u.fellBack(2, false, "not confirmed in any of its boots")
	u.holds(map[string]string{"/etc/new": "new", "/etc/four": ""})
}
