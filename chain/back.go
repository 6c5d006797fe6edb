package chain

// back is what stands in the back buffer: one entry, or several that follow one
// another, complete, for their homes. One commit record counts for all of them;
// it names the last, whose header vouches for those before it.
type back struct {
	start   int // block
	entries []*Entry
	inside  bool // not at the end of the flash, but between blocks that something else uses
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

// readBack returns what the back buffer holds for the chain, or nil: the commit
// record in the last slots of the flash says where it starts. What a cut has left
// there of such a record is a loose end.
func (c *Chain) readBack() *back {
	slots := c.copySlots()
	c.slots = slots
	if slots.slots < 0 {
		return nil
	}
	b := make([]byte, copySlots*recordSize)
	var start record // says where the back buffer starts
	for range rereads {
		if err := c.readSlots(slots, b); err != nil {
			c.noBack(err)
			return nil
		}
		c.scan(slots, b)
		if start = startRecord(b); start.kind != 0 {
			break
		}
	}
	if start.kind == 0 {
		// All zeros are those of a new disk.
		if !filled(b, 0) && slots.used > 0 && !slots.foreign && !slots.firm {
			c.loose = append(c.loose, loose{looseSlots, int(slots.slots / int64(c.a.g.EraseSize))})
		}
		return nil
	}
	found := c.copies(c.a.blocks()-int(min(start.blocks, 1<<30)), c.a.blocks(), start)
	if found == nil {
		return nil
	}
	last := found.last()
	last.slots, last.layout.nSlots = slots.slots, copySlots
	c.scan(last, b)
	c.serial = max(c.serial, last.last.serial)
	if last.last.flags&flagMoved != 0 {
		if last.last.kind == kindVoid && !last.firm {
			c.loose = append(c.loose, loose{looseSlots, int(slots.slots / int64(c.a.g.EraseSize))})
		}
		return nil
	}
	found.share()
	return found
}

// copies returns the entries that stand from block start on up to the block end,
// and that the record r is of; or nil.
func (c *Chain) copies(start, end int, r record) *back {
	found := &back{start: start}
	for at := start; at < end; {
		e, err := c.header(at)
		switch {
		case err != nil && !unreadable(err) && !aboutContent(err):
			c.noBack(err)
			return nil
		case err != nil || e.layout.slot != c.slots.layout.slot:
			return nil
		}
		if n := len(found.entries); n > 0 && (e.Prev != found.last().Hash || e.Number != found.last().Number+1) {
			return nil
		}
		e.last = record{kind: kindCommit, flags: flagSnapshot, serial: r.serial}
		found.entries = append(found.entries, e)
		at += e.Blocks
	}
	if len(found.entries) == 0 || !r.of(found.last().Hash) {
		return nil
	}
	return found
}

// share makes what is known of the record of the last entry known of all.
func (b *back) share() {
	for _, e := range b.entries[:len(b.entries)-1] {
		e.complete, e.firm = b.last().complete, b.last().firm
	}
}

// noBack reports that the back buffer cannot be read. Where it is not flash that
// is broken in one place, nothing may be written: the state may be there.
func (c *Chain) noBack(err error) {
	c.report("the back buffer", err)
	if !unreadable(err) {
		c.blocked = err
	}
}

// copySlots returns the last slots of the flash, as those of an entry that
// nothing is known of.
func (c *Chain) copySlots() *Entry {
	slot := roundUp(minSlotSize, int64(c.a.g.WriteSize))
	return &Entry{Block: c.a.blocks(), slots: c.a.g.Size - copySlots*slot, layout: layout{slot: slot, nSlots: copySlots}}
}

// startRecord returns the last record in slots that says where the back buffer
// starts; its kind is 0 if there is none.
func startRecord(slots []byte) (found record) {
	for at := 0; at < len(slots); at += recordSize {
		if r, ok := decodeRecord(slots[at : at+recordSize]); ok && r.blocks != 0 {
			found = r
		}
	}
	return found
}
