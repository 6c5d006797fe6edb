package sim

import (
	"math/rand/v2"
	"syscall"
)

// scar is a part of a block that a power cut hit while it was programmed. What
// is read of it is its content, less what is drawn. From the first read on that
// shows that a unit in it is not blank, the unit may not be programmed. One
// that reads blank may be: what the cut has left then mixes with the new data.
type scar struct {
	from, to int    // bytes in the block
	bits     []byte // unstable: each read draws whether they are 0; nil: none
	odds     odds   // of bits
	right    []byte // each read draws garbage or not; nil: it does not
	late     bool   // right when it is not garbage; else blank
	fails    bool   // not garbage, but an error, which uncorrectable draws
}

// odds is how often an unstable bit reads 0.
type odds uint8

const (
	even   odds = iota // every second time
	seldom             // every eighth time
	mostly             // seven times of eight
)

func (o odds) draw(r *rand.PCG) uint64 {
	word := r.Uint64()
	for range 2 {
		switch o {
		case seldom:
			word &= r.Uint64()
		case mostly:
			word |= r.Uint64()
		}
	}
	return word
}

// scarred reports whether a power cut hit a part of the range.
func (b *block) scarred(from, to int) bool {
	if b == nil {
		return false
	}
	for i := range b.scars {
		if b.scars[i].from < to && from < b.scars[i].to {
			return true
		}
	}
	return false
}

// ReadAt reads len(p) bytes at off.
func (d *Device) ReadAt(p []byte, off int64) (int, error) {
	if d.off {
		return 0, ErrPowerCut
	}
	d.checkRead(len(p), off)
	d.count.Reads++
	d.count.ReadBytes += int64(len(p))
	if err := d.faults.unreadable(off, len(p)); err != nil {
		return 0, err
	}
	if d.kind == UBI && d.uncorrectable(off, len(p)) {
		return 0, syscall.EBADMSG
	}
	d.read(p, off, &d.rnd, true)
	d.faults.lie(p, &d.rnd)
	return len(p), nil
}

// uncorrectable draws whether a read fails, as UBI says it when ECC does not
// help; the read of an MTD device says nothing.
func (d *Device) uncorrectable(off int64, n int) bool {
	for off, end := off, off+int64(n); off < end; {
		block, in := d.split(off)
		to := min(d.g.EraseSize, in+int(end-off))
		if b := d.slots[block].data; b != nil {
			for i := range b.scars {
				if c := &b.scars[i]; c.right != nil && c.from < to && in < c.to && d.rnd.Uint64()%2 == 0 {
					d.slots[block].next = max(d.slots[block].next, int32(c.to))
					return true
				}
			}
		}
		off += int64(to - in)
	}
	return false
}

// read draws what is unstable from r. With told, the caller of the device gets
// to know the result.
func (d *Device) read(p []byte, off int64, r *rand.PCG, told bool) {
	n, in := d.split(off)
	for len(p) > 0 {
		size := min(len(p), d.g.EraseSize-in)
		s := &d.slots[n]
		d.load(s.data, in, p[:size])
		if s.data != nil && (s.fading > 0 || len(s.data.scars) > 0) {
			next := d.unstable(s, in, p[:size], r)
			if told {
				s.next = max(s.next, next)
			}
		}
		p, n, in = p[size:], n+1, 0
	}
}

// unstable draws for p, which holds content of the block from in on. It returns
// the end of the last scarred unit that does not read blank, in bytes from the
// start of the block.
func (d *Device) unstable(s *slot, in int, p []byte, r *rand.PCG) (next int32) {
	scars := s.data.scars
	for i := range scars {
		if c := &scars[i]; c.from < in+len(p) && in < c.to {
			from := max(c.from, in)
			c.draw(p[from-in:min(c.to-in, len(p))], from-c.from, r)
		}
	}
	if s.fading > 0 {
		s.fading.draw(p, r)
	}
	for i := range scars {
		for at := min(scars[i].to, in+len(p)) - 1; at >= max(scars[i].from, in); at-- {
			if p[at-in] != 0xFF {
				next = max(next, int32(at/d.g.WriteSize+1)*int32(d.g.WriteSize))
				break
			}
		}
	}
	return next
}

// draw clears in p, which starts at from in the scar, what reads 0 this time.
func (c *scar) draw(p []byte, from int, r *rand.PCG) {
	if c.right != nil {
		switch {
		case !c.fails && r.Uint64()%2 == 0:
			each(p, func(i int, word uint64) { p[i] &= byte(word) }, r.Uint64)
		case c.late:
			for i := range p {
				p[i] &= c.right[from+i]
			}
		}
	}
	if c.bits != nil {
		each(p, func(i int, word uint64) { p[i] &^= c.bits[from+i] & byte(word) }, func() uint64 { return c.odds.draw(r) })
	}
}

// fading is how far the erase of a block got before a power cut: it is zero
// where none was cut, else a bit that was 0 reads 1 once in 2, in 16, or in
// 1024 reads. Of the last, a record of an entry often reads as it was.
type fading uint8

const (
	far fading = iota + 1
	some
	hardly
	faded = int(hardly)
)

// draw sets bits in p.
func (f fading) draw(p []byte, r *rand.PCG) {
	draws := [...]int{far: 1, some: 4, hardly: 10}[f]
	each(p, func(i int, word uint64) { p[i] |= byte(word) }, func() uint64 {
		word := r.Uint64()
		for range draws - 1 {
			word &= r.Uint64()
		}
		return word
	})
}

// each calls f for every byte of p with 8 random bits.
func each(p []byte, f func(i int, word uint64), draw func() uint64) {
	var word uint64
	for i := range p {
		if i%8 == 0 {
			word = draw()
		}
		f(i, word)
		word >>= 8
	}
}
