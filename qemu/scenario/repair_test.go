package scenario

import (
	"os"
	"strings"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
	"chainroot/qemu"
)

// What a power cut in a command has left between two states is tied up by the
// next boot, and by none after it: each shows the same state.
func TestRepairAtBoot(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.snapshots(text("etc/state", "one"))
		u.cutOff(func(c *chain.Chain) error {
			return c.WriteVolatile(u.payload(text("etc/state", "two")), "", time.Unix(1700000000, 0))
		})
		before := u.sum()
		u.boot()
		first := u.report()
		if !first.Repaired || len(first.Skipped) != 0 {
			u.Errorf("boot.json: %+v", first)
		}
		u.expect("preinit: repaired what a power cut has left")
		state := strings.TrimSpace(u.run("cat /etc/state"))
		if u.cut(); u.sum() == before {
			u.Error("the flash was not written to")
		}
		u.untouched("the second boot", func() {
			u.boot()
			r := u.state(first.State.Snapshot, first.State.Volatile)
			if r.Repaired || r.State.ID != first.State.ID || len(r.Skipped) != 0 {
				u.Errorf("boot.json: %+v, of the boot before: %+v", r, first)
			}
			u.holds(map[string]string{"/etc/state": state})
			u.want(r.State.ID, "snapshot id")
		})
	})
}

// cutOff cuts the power in a command on the flash of the unit, which is off: so
// that one copy of its commit record is there, and not the other.
func (u *unit) cutOff(command func(*chain.Chain) error) {
	u.Helper()
	kind, g := sim.Block, flash.Geometry{Size: flashSize, EraseSize: qemu.EraseSize, WriteSize: flash.DefaultWriteSize}
	if u.attach == qemu.MTD {
		kind, g.WriteSize = sim.NOR, 1 // as block2mtd says
	}
	for k := 0; ; k++ {
		d := sim.NewKind(kind, g)
		d.Load(u.bytes())
		c, err := chain.Open(d)
		u.must(err)
		d.CutAfter(k, sim.After, 1)
		if command(c) == nil {
			u.Fatalf("none of %d cuts leaves anything between two states", k)
		}
		d.PowerOn()
		if c, err = chain.Open(d); err == nil && !c.Settled() {
			u.must(os.WriteFile(u.flash, d.Bytes(), 0o644))
			return
		}
	}
}
