package chain

// back is what stands in the back buffer: one entry, or several that follow one
// another, complete, for their homes. One commit record counts for all of them;
// it names the last, whose header vouches for those before it.
type back struct {
	start   int // block
	entries []*Entry
}

func (b *back) last() *Entry { return b.entries[len(b.entries)-1] }

// entry returns the entry in the back buffer that follows the one with the hash
// prev, and whose home is the block at; or nil.
func (b *back) entry(prev Hash, number, at int) *Entry {
	if b == nil {
		return nil
	}
	for _, e := range b.entries {
		if e.Block > at && e.Prev == prev && e.Number == number {
			e.Home = at
			return e
		}
	}
	return nil
}

// copySlot returns the slot size of this flash, and the offset of the first of
// the copySlots last slots of the flash.
func (c *Chain) copySlot() (slot, off int64) {
	slot = roundUp(minSlotSize, int64(c.a.g.WriteSize))
	return slot, c.a.g.Size - copySlots*slot
}

// readBack returns what the back buffer holds for the chain, or nil: the commit
// record in the last slots of the flash says where it starts.
func (c *Chain) readBack() *back {
	slot, off := c.copySlot()
	if off < 0 {
		return nil
	}
	e := &Entry{Block: c.a.blocks(), slots: off, layout: layout{slot: slot, nSlots: copySlots}}
	b := make([]byte, copySlots*recordSize)
	var r record
	for range rereads {
		if err := c.readSlots(e, b); err != nil {
			c.report("the back buffer", err)
			return nil
		}
		r = record{}
		for at := 0; at < len(b) && r.kind == 0; at += recordSize {
			if found, ok := decodeRecord(b[at : at+recordSize]); ok && found.blocks != 0 {
				r = found
			}
		}
		if r.kind != 0 {
			break
		}
	}
	if r.kind == 0 {
		if !blank(b) {
			c.loose = append(c.loose, loose{back: true, block: int(off / int64(c.a.g.EraseSize))})
		}
		return nil
	}
	found := &back{start: c.a.blocks() - int(min(r.blocks, 1<<30))}
	for at := found.start; at < c.a.blocks(); {
		h, err := c.header(at)
		if err != nil || h.layout.slot != slot {
			return nil
		}
		if n := len(found.entries); n > 0 && (h.Prev != found.last().Hash || h.Number != found.last().Number+1) {
			return nil
		}
		h.last = record{kind: kindCommit, flags: flagSnapshot, serial: r.serial}
		h.firm = true
		found.entries = append(found.entries, h)
		at += h.Blocks
	}
	if len(found.entries) == 0 || !r.of(found.last().Hash) {
		return nil
	}
	last := found.last()
	last.slots, last.layout.nSlots = off, copySlots
	last.scan(b)
	if !last.committed() {
		return nil
	}
	c.serial = max(c.serial, last.last.serial)
	if last.last.flags&flagMoved != 0 {
		return nil
	}
	for _, e := range found.entries[:len(found.entries)-1] {
		e.firm = last.firm
	}
	return found
}
