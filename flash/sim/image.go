package sim

// Bytes returns a copy of the content, as a read would return it now. Nobody is
// told: unlike a read, it counts nothing, and a torn unit may still be
// programmed after it.
func (d *Device) Bytes() []byte {
	p, r := make([]byte, d.g.Size), d.rnd
	d.read(p, 0, &r, false)
	return p
}

// Load makes b, up to the size of the device, its content, and the rest blank.
// Write units that are not all 0xFF count as programmed, and all before them in
// their block. Of faults, bad and deaf blocks stay.
func (d *Device) Load(b []byte) {
	d.settle()
	for n := range d.slots {
		s := &d.slots[n]
		s.data, s.next, s.torn, s.fading = nil, 0, false, 0
		d.faults.heal(n, d.g.EraseSize)
	}
	d.Poke(0, b)
}

// Poke puts b at off, in bytes, against all rules, for tests that damage what
// is there. Units of it that are not all 0xFF count as programmed. On a block
// device, all writes so far are durable then.
func (d *Device) Poke(off int64, b []byte) {
	d.settle()
	n, in := d.split(off)
	for len(b) > 0 {
		part := b[:min(len(b), d.g.EraseSize-in)]
		d.put(n, in, part)
		last := len(part) - 1
		for last >= 0 && part[last] == 0xFF {
			last--
		}
		if ws := d.g.WriteSize; last >= 0 {
			d.slots[n].next = max(d.slots[n].next, int32((in+last)/ws+1)*int32(ws))
		}
		b, n, in = b[len(part):], n+1, 0
	}
}

// Flip inverts a bit, 0 to 7, of the byte at off until the block is erased. A
// blank unit stays one for the rules. On a block device, all writes so far are
// durable then.
func (d *Device) Flip(off int64, bit uint) {
	d.settle()
	n, in := d.split(off)
	d.page(d.change(n), in/pageSize)[in%pageSize] ^= 1 << bit
}
