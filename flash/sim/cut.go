package sim

import "fmt"

// Form is what a power cut makes of the operation that it hits. A form that
// does not go with an operation stands for a similar one that does.
type Form int

const (
	// Of all operations.
	Before Form = iota // a program: whole units, and no more; an erase: nothing; a block device: nothing since the last Sync
	Half               // a program: half a unit more; an erase: the second half of the block; a block device: the first half of the writes
	Bits               // a program: of a unit more, some bits, and some are unstable; an erase: random bytes; a block device: any writes in any order, in part
	After              // all of it, but nobody is told

	// Of a program: what happens to the unit behind the whole ones.
	Weak  // all bits, but up to 3 are unstable: at times it reads as complete
	Faint // no bits, but up to 3 are unstable: at times it reads as blank
	ECC   // each read draws garbage (of UBI: an error) or not: if not, it is the right data, or, torn early, blank

	// Of an erase.
	FirstHalf // the first half of the block
	ZeroTail  // the end of the block is all 0, as before an erase
	Unstable  // each read draws whether a 0 still is one

	// Of a block device.
	Only // of the writes since the last Sync, one
	Lost // all of them but one

	forms int = iota
)

// Tears are the forms that go with every operation.
var Tears = []Form{Before, Half, Bits, After}

func (f Form) String() string {
	if f < 0 || int(f) >= forms {
		return fmt.Sprintf("form %d", int(f))
	}
	return [...]string{"before", "half", "bits", "after", "weak", "faint", "ECC", "first half", "zero tail", "unstable", "only", "lost"}[f]
}

// Cut is a way to cut the power in an operation.
type Cut struct {
	Units int    // of a program: whole write units done; Only, Lost: which write, from 0
	Form  Form   // what happens to the rest
	Seed  uint64 // for all that looks like chance, later reads included
}

func (c Cut) String() string { return fmt.Sprintf("%s, units %d, seed %d", c.Form, c.Units, c.Seed) }

// CutAt cuts the power at the changing operation that follows n more, in the
// way that choose returns for it; choose may ask Cuts.
func (d *Device) CutAt(n int, choose func(op Op) Cut) { d.plan.cut, d.plan.cutIn = choose, n }

// CutAfter cuts the power at the changing operation that follows n more. Half
// hits a program in its middle, Before at its start; the other forms, and what
// happens to bits, are placed by seed.
func (d *Device) CutAfter(n int, f Form, seed uint64) {
	d.CutAt(n, func(op Op) Cut {
		c := Cut{Form: f, Seed: seed}
		switch units := d.units(op); {
		case d.kind == Block:
			c.Units = int(seed % uint64(len(d.pending)+1))
		case f == Half:
			c.Units = units / 2
		case f != Before && units > 0:
			c.Units = int(source(seed).Uint64() % uint64(units))
		}
		return c
	})
}

// PowerOn ends a power cut; no other is planned.
func (d *Device) PowerOn() { d.off, d.plan.cut = false, nil }

// strike counts down to the cut, and tears op if it is now.
func (d *Device) strike(op Op) bool {
	if d.plan.cut == nil || op.Kind == OpSync {
		return false
	}
	d.plan.cutIn--
	if d.plan.cutIn >= 0 {
		return false
	}
	d.tear(op, d.plan.cut(op))
	d.off = true
	return true
}

// Tear cuts the power in op. It leaves the device as it is when the power is
// back, and seeded with the seed of c.
func (d *Device) Tear(op Op, c Cut) {
	d.check(op)
	d.tear(op, c)
	d.PowerOn()
}
