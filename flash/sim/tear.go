package sim

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// window is the most bytes that a cut tears where write units are smaller.
const window = 32

func (d *Device) tear(op Op, c Cut) {
	r := source(c.Seed)
	d.Seed(c.Seed)
	switch {
	case d.kind == Block:
		d.tearCache(op, c, r)
	case c.Form == After:
		d.apply(op)
	case op.Kind == OpProgram && !d.slots[op.Block].deafProgram:
		d.tearProgram(op, c, r)
	case op.Kind == OpErase && !d.slots[op.Block].deafErase:
		d.tearErase(op, c, r)
	}
}

// tearProgram programs c.Units units of op and tears the one behind them, of
// small ones some.
func (d *Device) tearProgram(op Op, c Cut, r *rand.PCG) {
	_, in := d.split(op.Off)
	ws := d.g.WriteSize
	done := min(max(c.Units, 0)*ws, len(op.Data))
	d.clear(op.Block, in, op.Data[:done])
	s := &d.slots[op.Block]
	if done > 0 {
		s.next = max(s.next, int32(in+done))
	}
	n := ws
	if most := window / ws; most > 1 && !d.kind.ecc() {
		n += int(r.Uint64()%uint64(most)) * ws
	}
	part := op.Data[done:min(done+n, len(op.Data))]
	if len(part) == 0 || c.Form == Before {
		return
	}
	from := in + done
	scar, stable := d.damage(c.Form, part, r)
	scar.from, scar.to = from, from+len(part)
	d.clear(op.Block, from, stable)
	b := d.change(op.Block)
	b.scars = append(slices.Clip(b.scars), scar)
}

// damage returns what a cut leaves of p: a scar, and what is programmed.
func (d *Device) damage(f Form, p []byte, r *rand.PCG) (c scar, stable []byte) {
	stable = bytes.Repeat([]byte{0xFF}, len(p))
	c.odds = odds(r.Uint64() % 3)
	switch {
	case f == Half || f == FirstHalf:
		copy(stable, p[:len(p)/2])
		if len(p) == 1 {
			stable[0] = p[0] | 0x0F
		}
	case f == Weak:
		copy(stable, p)
		c.bits = pick(p, r)
		for i := range stable {
			stable[i] |= c.bits[i]
		}
	case f == Faint:
		c.bits = pick(p, r)
	case f == ECC && d.kind != NOR:
		c.fails = d.kind == UBI
		c.right, c.late = bytes.Clone(p), r.Uint64()%2 == 0
	default:
		c.bits = make([]byte, len(p))
		each(stable, func(i int, word uint64) { stable[i] = p[i] | byte(word) }, r.Uint64)
		each(p, func(i int, word uint64) { c.bits[i] = stable[i] &^ p[i] & byte(word) }, r.Uint64)
	}
	return c, stable
}

// pick returns a mask of 1 to 3 of the bits that are 0 in p; of none if there
// is none.
func pick(p []byte, r *rand.PCG) []byte {
	mask := make([]byte, len(p))
	for range 1 + r.Uint64()%3 {
		start := int(r.Uint64() % uint64(len(p)))
		for i := range p {
			i = (start + i) % len(p)
			if zeros := ^p[i]; zeros != 0 {
				bit := byte(1) << (r.Uint64() % 8)
				for zeros&bit == 0 {
					bit = bits.RotateLeft8(bit, 1)
				}
				mask[i] |= bit
				break
			}
		}
	}
	return mask
}

// tearErase leaves a block behind that must be erased before it is programmed,
// except where nothing of the erase happened.
func (d *Device) tearErase(op Op, c Cut, r *rand.PCG) {
	if c.Form == Before || d.kind == UBI {
		return
	}
	n, size := op.Block, d.g.EraseSize
	s := &d.slots[n]
	s.wear++
	s.torn = true
	switch c.Form {
	case Half:
		d.fill(n, size/2, size, blank)
	case FirstHalf:
		d.fill(n, 0, size/2, blank)
	case ZeroTail:
		tail := 1 + int(r.Uint64()%uint64(size>>(r.Uint64()%12)))
		d.fill(n, size-tail, size, d.stock.zeros)
	case Bits:
		d.fill(n, 0, size, d.stock.rubble(c.Seed))
		d.change(n).scars = nil
		s.fading = 0
	default:
		s.fading = 1 + fading(r.Uint64()%uint64(faded))
	}
}
