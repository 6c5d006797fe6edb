package fstools

import (
	"bytes"
	"fmt"

	"chainroot/chain"
	"chainroot/flash"
)

// Read reads the chain on dev, and the content of each entry once, to check its
// MD5. The error wraps ErrNone when there is no chain; a chain without entries is
// one that was only marked.
//
// An error that wraps chain.ErrDamaged names the entry and where it stands. The
// chain that comes with it holds what is before that entry, with the volatile
// entry if its copy belongs to the snapshot before. It is all that can be saved,
// and not what the unit is to run: whoever converts it has to be asked.
//
// An image may be of flash with other erase blocks than dev has. Of all sizes
// that can be, the one counts by which the row leads to the most headers; that of
// dev, if no other leads to more.
func Read(dev flash.Device) (*Chain, error) {
	g := dev.Geometry()
	all, err := scan(dev)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("cannot read the chain: %w", ErrNone)
	}
	var r *row
	for _, step := range steps(g) {
		if other := follow(all, g.Size, step); r == nil || len(other.astray) < len(r.astray) {
			r = other
		}
	}
	c := &Chain{dev: dev}
	for i := range r.snapshots {
		e := newEntry(&r.snapshots[i], i+1, g)
		if _, err := c.load(e); err != nil {
			if i > 0 {
				c.addVolatile(r) // the copy, if it is of the snapshot before
			}
			return c, e.at("read", err)
		}
		c.entries = append(c.entries, e)
	}
	err = c.addVolatile(r)
	if lost := c.lost(r); lost != nil {
		err = lost
	}
	return c, err
}

// lost returns an error when something on the flash shows that the row once led
// further than it does.
func (c *Chain) lost(r *row) error {
	n := len(r.snapshots)
	g := c.dev.Geometry()
	if h := r.next; h != nil && h.typ == chain.TypeSnapshot {
		err := h.fits(g.Size)
		if err == nil {
			err = fmt.Errorf("%w: its sequence number is %d, not %d", chain.ErrDamaged, h.sequence, r.sequence()+1)
		}
		return newEntry(h, n+1, g).at("read", err)
	}
	if h := r.next; h != nil && h.typ == 0 && (n > 0 || r.last != nil || len(r.astray) > 0) {
		return fmt.Errorf("cannot read the entry at offset %d: %w: its header has an unknown type", h.off, chain.ErrDamaged)
	}
	for _, h := range r.astray {
		if h.typ == chain.TypeSnapshot {
			return fmt.Errorf("cannot read the chain: %w: a snapshot stands at offset %d, the snapshots before it end at offset %d", chain.ErrDamaged, h.off, r.end)
		}
	}
	switch {
	case n > 0 || r.next != nil:
		return nil
	case r.last == nil:
		return fmt.Errorf("cannot read the chain: %w", ErrNone)
	}
	b := make([]byte, headerSize)
	if _, err := c.dev.ReadAt(b, 0); err != nil {
		return fmt.Errorf("cannot read the flash at offset 0: %w", err)
	}
	if !bytes.Equal(b, bytes.Repeat([]byte{0xFF}, headerSize)) {
		return fmt.Errorf("cannot read the chain: %w: the flash starts with something else, and a volatile entry stands at offset %d", chain.ErrDamaged, r.last.off)
	}
	return nil
}

// sequence returns the sequence number of the last snapshot.
func (r *row) sequence() uint32 { return r.snapshots[len(r.snapshots)-1].sequence }
