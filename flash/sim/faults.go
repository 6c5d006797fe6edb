package sim

import (
	"maps"
	"math/rand/v2"
)

// faults are what is wrong with the medium.
type faults struct {
	refuse  map[int]error   // by block: Program and Erase do nothing
	grown   map[int]error   // by block: Program and Erase fail in their middle
	noRead  map[int64]error // by byte offset, until the block is erased
	lieOnce int             // in so many reads; 0: never
}

func (f *faults) clone() *faults {
	if f == nil {
		return nil
	}
	return &faults{maps.Clone(f.refuse), maps.Clone(f.grown), maps.Clone(f.noRead), f.lieOnce}
}

// faulty returns the faults for changing them.
func (d *Device) faulty() *faults {
	if d.faults == nil {
		d.faults = &faults{map[int]error{}, map[int]error{}, map[int64]error{}, 0}
	}
	return d.faults
}

// SetBad makes a block bad, as from the factory.
func (d *Device) SetBad(block int) { d.slots[block].bad = true }

// FailBlock makes every Program and Erase of a block return err and do nothing;
// nil ends it.
func (d *Device) FailBlock(block int, err error) { d.faulty().refuse[block] = err }

// GrowBad makes every Program and Erase of a block return err from now on, and
// leave garbage where they wrote, until the block is marked bad.
func (d *Device) GrowBad(block int, err error) { d.grow(block, err) }

func (d *Device) grow(block int, err error) { d.faulty().grown[block] = err }

// FailAt lets the changing operation that follows n more return err; its block
// grows bad.
func (d *Device) FailAt(n int, err error) { d.plan.fail, d.plan.failIn = err, n }

// FailSync lets the Sync that follows n more return err. On a block device some
// of the writes since the last Sync are lost then.
func (d *Device) FailSync(n int, err error) { d.plan.syncFail, d.plan.syncIn = err, n }

// Deafen makes every Program and Erase of a block do nothing, and say nothing.
// What is done in a deaf block is no Violation.
func (d *Device) Deafen(block int) {
	d.DeafErase(block)
	d.DeafProgram(block)
}

// DeafErase makes every Erase of a block do nothing, and say nothing. What is
// programmed then mixes with what is there.
func (d *Device) DeafErase(block int) { d.slots[block].deafErase = true }

// DeafProgram makes every Program of a block do nothing, and say nothing.
func (d *Device) DeafProgram(block int) { d.slots[block].deafProgram = true }

// FailRead makes every read of the byte at off return err, until its block is
// erased.
func (d *Device) FailRead(off int64, err error) { d.faulty().noRead[off] = err }

// Lie lets about one of n reads return data with up to 4 wrong bits, and no
// error. 0 ends it.
func (d *Device) Lie(n int) { d.faulty().lieOnce = n }

// refused returns the error of a block that refuses op.
func (d *Device) refused(op Op) error {
	if d.faults == nil || op.Kind != OpProgram && op.Kind != OpErase {
		return nil
	}
	return d.faults.refuse[op.Block]
}

// fault lets op fail if that was planned, or if its block has grown bad.
func (d *Device) fault(op *Op) {
	p := &d.plan
	switch {
	case op.Kind == OpSync && p.syncFail != nil:
		if p.syncIn--; p.syncIn < 0 {
			op.Err, p.syncFail = p.syncFail, nil
		}
	case op.Kind != OpSync && p.fail != nil:
		if p.failIn--; p.failIn < 0 {
			op.Err, p.fail = p.fail, nil
		}
	}
	if op.Err == nil && d.faults != nil && (op.Kind == OpProgram || op.Kind == OpErase) {
		op.Err = d.faults.grown[op.Block]
	}
	if op.Err != nil {
		op.Seed = d.rnd.Uint64()
	}
}

// unreadable returns the error of a read.
func (f *faults) unreadable(off int64, n int) error {
	if f == nil {
		return nil
	}
	for at, err := range f.noRead {
		if off <= at && at < off+int64(n) {
			return err
		}
	}
	return nil
}

// heal makes a block readable that is erased.
func (f *faults) heal(block, size int) {
	if f == nil {
		return
	}
	for at := range f.noRead {
		if at/int64(size) == int64(block) {
			delete(f.noRead, at)
		}
	}
}

// lie flips bits of p, at times.
func (f *faults) lie(p []byte, r *rand.PCG) {
	if f == nil || f.lieOnce <= 0 || len(p) == 0 || r.Uint64()%uint64(f.lieOnce) != 0 {
		return
	}
	for range 1 + r.Uint64()%4 {
		bit := r.Uint64() % uint64(8*len(p))
		p[bit/8] ^= 1 << (bit % 8)
	}
}
