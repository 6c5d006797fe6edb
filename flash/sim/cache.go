package sim

import (
	"math/rand/v2"
	"slices"
)

// sectorSize is what a block device writes at once, in bytes; it may tear it.
const sectorSize = 512

// hold notes a write that is not durable yet. It comes before the write.
func (d *Device) hold(op Op) {
	if d.durable == nil {
		d.durable, d.own = slices.Clone(d.slots), nil
	}
	d.pending = append(d.pending, op)
}

// settle makes all writes durable.
func (d *Device) settle() { d.durable, d.pending = nil, nil }

// sync makes all writes durable. One that fails leaves some of them, of which
// the rest is lost, and what is read from then on is what the medium has.
func (d *Device) sync(op Op) {
	if op.Err != nil && d.durable != nil {
		d.lose(Cut{Form: Bits, Seed: op.Seed}, source(op.Seed))
	}
	d.settle()
}

// tearCache cuts the power of a block device.
func (d *Device) tearCache(op Op, c Cut, r *rand.PCG) {
	if op.Kind != OpSync {
		d.apply(op)
	}
	if c.Form != After && d.durable != nil {
		d.lose(c, r)
	}
	d.settle()
}

// lose goes back to what was durable and does what a cut leaves of the writes
// since then. What an erase among them leaves can be written over, as any sector
// can; what the programs hit is scarred.
func (d *Device) lose(c Cut, r *rand.PCG) {
	now := d.slots
	d.slots, d.own = slices.Clone(d.durable), nil
	for i := range now {
		d.slots[i].wear = now[i].wear
		d.slots[i].deafErase, d.slots[i].deafProgram = now[i].deafErase, now[i].deafProgram
	}
	n := len(d.pending)
	which := ((c.Units % n) + n) % n
	switch c.Form {
	case Before:
	case Half:
		for _, op := range d.pending[:n/2] {
			d.persist(op, 0, d.length(op))
		}
	case Only:
		d.persist(d.pending[which], 0, d.length(d.pending[which]))
	case Lost:
		for i, op := range d.pending {
			if i != which {
				d.persist(op, 0, d.length(op))
			}
		}
	default:
		d.shuffle(r)
	}
	for _, op := range d.pending {
		if op.Kind == OpErase {
			d.slots[op.Block].next = 0 // what it left can be written over
			continue
		}
		_, in := d.split(op.Off)
		b := d.change(op.Block)
		b.scars = append(slices.Clip(b.scars), scar{from: in, to: in + len(op.Data)})
	}
}

// shuffle lets the writes persist in any order: none of one, all, or some of
// its sectors. One sector of one of them may be a mix of old and new.
func (d *Device) shuffle(r *rand.PCG) {
	order := rand.New(r).Perm(len(d.pending))
	garbled := r.Uint64() % uint64(len(order))
	for i, at := range order {
		op, how := d.pending[at], r.Uint64()%3
		switch {
		case how == 1 && uint64(i) != garbled:
			d.persist(op, 0, d.length(op))
		case how > 0:
			d.persistSome(op, r, how == 1, uint64(i) == garbled)
		}
	}
}

// persistSome puts every sector of a write on the medium, or some, and may
// garble one.
func (d *Device) persistSome(op Op, r *rand.PCG, every, garble bool) {
	n := d.length(op)
	hit := -1
	if garble {
		hit = int(r.Uint64() % uint64(n))
	}
	some := r.Uint64() | r.Uint64()<<1
	_, start := d.split(op.Off)
	for from, i := 0, 0; from < n; i++ {
		to := min(n, from+sectorSize-(start+from)%sectorSize)
		switch {
		case from <= hit && hit < to:
			d.mix(op, from, to, r)
		case every || some>>(i%64)&1 == 1:
			d.persist(op, from, to)
		}
		from = to
	}
}

// mix puts some bytes of a part of a write on the medium.
func (d *Device) mix(op Op, from, to int, r *rand.PCG) {
	_, in := d.split(op.Off)
	p := make([]byte, to-from)
	d.load(d.slots[op.Block].data, in+from, p)
	old := slices.Clone(p)
	d.persist(op, from, to)
	d.load(d.slots[op.Block].data, in+from, p)
	each(p, func(i int, word uint64) {
		if word&1 == 1 {
			p[i] = old[i]
		}
	}, r.Uint64)
	d.put(op.Block, in+from, p)
}

// length returns how many bytes a write covers.
func (d *Device) length(op Op) int {
	if op.Kind == OpErase {
		return d.g.EraseSize
	}
	return len(op.Data)
}

// persist puts a part of a write on the medium.
func (d *Device) persist(op Op, from, to int) {
	_, in := d.split(op.Off)
	switch {
	case op.Kind == OpProgram:
		d.put(op.Block, in+from, op.Data[from:to])
	case op.Err != nil:
		d.fill(op.Block, from, to, d.stock.rubble(op.Seed))
	default:
		d.fill(op.Block, from, to, blank)
	}
}
