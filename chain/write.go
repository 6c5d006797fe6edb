package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// WriteVolatile writes p as the volatile entry, in place of the one there is.
// It returns ErrNothing when that one holds p already, and a *NoRoomError
// before anything is touched when p does not fit.
//
// On free flash the entry is written where it belongs. Where a committed entry
// stands, a copy goes to the back buffer first; from its commit record on the
// copy is the state, and home can be erased and written.
func (c *Chain) WriteVolatile(p *Payload, label string, now time.Time) error {
	if err := checkLabel(label); err != nil {
		return err
	}
	if err := c.ready(); err != nil {
		return err
	}
	v := c.Volatile()
	prev, home, held := c.ID(), c.end, 0
	if v != nil {
		if v.holds(p) && (label == "" || v.Label == label) {
			return ErrNothing
		}
		prev, home, held = v.Prev, v.Home, v.Blocks
	}
	l := plan(c.a.g, p.Stored())
	twice := v != nil || c.standing != nil || c.unsure
	if err := c.room(home, held, l.blocks, twice); err != nil {
		return err
	}
	if err := c.settle(); err != nil {
		return err
	}
	h := &Header{
		Type:      TypeVolatile,
		EraseSize: c.a.g.EraseSize,
		WriteSize: c.a.g.WriteSize,
		Slots:     l.nSlots,
		Number:    len(c.Snapshots()) + 1,
		Serial:    c.serial + 1,
		Stored:    p.Stored(),
		Unpacked:  p.unpacked,
		Created:   now.Unix(),
		Table:     p.hash(),
		Prev:      prev,
		Label:     label,
	}
	if twice {
		back := c.a.blocks() - l.blocks
		if err := c.disarm(home, back); err != nil {
			return err
		}
		if err := c.put(back, home, h, p, now); err != nil {
			return err
		}
		if err := c.expect(h.hash()); err != nil {
			return err
		}
		return c.settle()
	}
	if err := c.put(home, home, h, p, now); err != nil {
		return err
	}
	return c.expect(h.hash())
}

// holds reports whether p is what the entry stores.
func (e *Entry) holds(p *Payload) bool {
	return e.Table == p.hash() && e.Stored == p.Stored() && e.Unpacked == p.unpacked
}

func checkLabel(label string) error {
	if len(label) > MaxLabel {
		return fmt.Errorf("the label has %d bytes, it can have %d", len(label), MaxLabel)
	}
	return nil
}

// room returns a *NoRoomError when blocks do not fit at home, where held blocks
// are in use now, or not together with their copy.
func (c *Chain) room(home, held, blocks int, twice bool) error {
	free := c.a.blocks() - home - held
	need := max(blocks-held, 0)
	if twice {
		need += blocks
	}
	if need > free {
		return &NoRoomError{Need: need, Free: free, EraseSize: c.a.g.EraseSize, Twice: twice}
	}
	return nil
}

// disarm makes sure that an erase in the back buffer, from the block back on,
// cannot bring the entry that stands at home back: it could, if it took the
// record that retired the entry, was cut short, and left the commit record. An
// entry whose header is gone cannot come back.
func (c *Chain) disarm(home, back int) error {
	s := c.standing
	if s == nil || s.slotOffset(s.used) <= c.a.offset(back) {
		return nil
	}
	if err := c.a.erase(home); err != nil {
		return err
	}
	return c.a.sync()
}

// put writes an entry at a block, its home or the back buffer: what was there
// is erased, header and payload are programmed and read back, and only then the
// commit record makes it an entry.
func (c *Chain) put(block, home int, h *Header, p *Payload, now time.Time) error {
	l := h.layout()
	for i := range l.blocks {
		if err := c.a.erase(block + i); err != nil {
			return err
		}
		delete(c.verified, block+i)
	}
	start, end := c.a.offset(block), roundUp(l.frame+h.Stored, int64(c.a.g.WriteSize))
	err := eachBlock(c.a, start, h.stream(p, end), end, func(b []byte, off int64) error {
		return c.a.program(b, off)
	})
	if err != nil {
		return err
	}
	if err := c.a.sync(); err != nil {
		return err
	}
	got := make([]byte, min(end, int64(c.a.g.EraseSize)))
	err = eachBlock(c.a, start, h.stream(p, end), end, func(b []byte, off int64) error {
		if _, err := c.a.ReadAt(got[:len(b)], off); err != nil {
			return err
		}
		if !bytes.Equal(got[:len(b)], b) {
			return fmt.Errorf("%w: erase block %d", ErrReadBack, c.a.device(int(off/int64(c.a.g.EraseSize))))
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.verified[block] = true
	e := &Entry{Header: *h, Hash: h.hash(), Block: block, Home: home, Blocks: l.blocks, layout: l, slots: start + l.slots}
	r := record{kind: kindCommit, time: now.Unix()}
	if block != home {
		e.slots, e.layout.nSlots = c.a.g.Size-copySlots*l.slot, copySlots
		r.arg = uint32(l.blocks)
	}
	return c.record(e, r)
}

// stream returns the first end bytes of an entry: header, chunk table, payload
// and what fills the last write unit.
func (h *Header) stream(p *Payload, end int64) io.Reader {
	l := h.layout()
	fill := func(n int64) io.Reader { return bytes.NewReader(bytes.Repeat([]byte{0xFF}, int(n))) }
	return io.MultiReader(
		bytes.NewReader(h.encode()), fill(l.table-HeaderSize),
		bytes.NewReader(p.table),
		bytes.NewReader(p.frame), fill(end-l.frame-h.Stored),
	)
}

// eachBlock calls f with the n bytes of r that stand at start, an erase block
// at a time.
func eachBlock(a *area, start int64, r io.Reader, n int64, f func(b []byte, off int64) error) error {
	buf := make([]byte, min(n, int64(a.g.EraseSize)))
	for off := start; off < start+n; {
		b := buf[:min(int64(len(buf)), start+n-off)]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if err := f(b, off); err != nil {
			return err
		}
		off += int64(len(b))
	}
	return nil
}

// record appends r to the records of e and reads it back; it fills in serial
// and entry. At home, a slot that does not take it is left behind for the next
// one, once; in the back buffer each slot has its purpose.
func (c *Chain) record(e *Entry, r record) error {
	if e.layout.slot%int64(c.a.g.WriteSize) != 0 {
		return fmt.Errorf("%w: the records of %s take %d bytes, a write unit is %d", ErrGeometry, e.Name(), e.layout.slot, c.a.g.WriteSize)
	}
	if c.serial == math.MaxUint32 {
		return fmt.Errorf("%w: the records of this chain are numbered up to %d", ErrNoSlot, c.serial)
	}
	c.serial++
	r.serial, r.entry = c.serial, [16]byte(e.Hash[:16])
	b := bytes.Repeat([]byte{0xFF}, int(e.layout.slot))
	copy(b, r.encode())
	tries := 2
	if e.Block != e.Home {
		tries = 1
	}
	var err error
	for range tries {
		if e.SlotsFree() <= 0 {
			return errors.Join(err, fmt.Errorf("%w: %s has used its %d", ErrNoSlot, e.Name(), e.layout.nSlots))
		}
		off := e.slotOffset(e.used)
		e.used++
		if err = c.append(b, off); err == nil || !errors.Is(err, ErrReadBack) {
			return err
		}
	}
	return err
}

func (c *Chain) append(b []byte, off int64) error {
	if err := c.a.program(b, off); err != nil {
		return err
	}
	if err := c.a.sync(); err != nil {
		return err
	}
	got := make([]byte, len(b))
	if _, err := c.a.ReadAt(got, off); err != nil {
		return err
	}
	if !bytes.Equal(got, b) {
		return fmt.Errorf("%w: a record at offset %d", ErrReadBack, off)
	}
	return nil
}

// expect walks again and returns an error when the chain does not show the
// state that was just written.
func (c *Chain) expect(id Hash) error {
	c.reopen()
	if err := c.Check(); err != nil {
		return err
	}
	if c.ID() != id {
		return fmt.Errorf("%w: it shows the state %s, not %s", ErrReadBack, c.ID(), id)
	}
	return nil
}
