package fstools

import (
	"fmt"

	"chainroot/chain"
)

// row is where the headers on a flash lead to when erase blocks have a certain
// size.
type row struct {
	snapshots []header
	end       int64    // where the next entry would stand, in bytes
	next      *header  // what stands there, or nil
	last      *header  // the last volatile entry on the flash: the copy, unless it is next
	astray    []header // what is nowhere that the row leads to, nor in an entry of it
}

// follow walks the headers of a flash of size bytes, from its start, by erase
// blocks of step bytes.
func follow(all []header, size, step int64) *row {
	r := &row{}
	i := 0 // of the first header at or behind end
	for ; i < len(all); i++ {
		h := &all[i]
		switch {
		case h.off < r.end: // in what is before it, or in the rest of the last erase block
			if n := len(r.snapshots); h.off >= r.snapshots[n-1].end() {
				r.astray = append(r.astray, *h)
			}
			continue
		case h.off == r.end && r.leadsTo(h, size):
			r.snapshots = append(r.snapshots, *h)
			r.end = (h.end() + step - 1) / step * step
			continue
		}
		break
	}
	r.rest(all[i:])
	return r
}

// leadsTo reports whether h, at the end of the row, is its next snapshot.
func (r *row) leadsTo(h *header, size int64) bool {
	n := len(r.snapshots)
	return h.typ == chain.TypeSnapshot && h.fits(size) == nil &&
		(n == 0 || h.sequence == r.snapshots[n-1].sequence+1)
}

// rest takes up the headers at and behind the end of the row.
func (r *row) rest(all []header) {
	for i := range all {
		h := &all[i]
		if h.off == r.end {
			r.next = h
		}
		if h.typ == chain.TypeVolatile {
			r.last = h
		}
	}
	for i := range all {
		h := &all[i]
		if h != r.next && h != r.last && (r.last == nil || h.off < r.last.off || h.off >= r.last.end()) {
			r.astray = append(r.astray, *h)
		}
	}
}

// fits returns an error when the size of an entry cannot be on a flash of size
// bytes.
func (h *header) fits(size int64) error {
	switch {
	case h.size < 1 || h.size > maxSize:
		return fmt.Errorf("%w: its header says %d bytes, 1 to %d can be", chain.ErrDamaged, h.size, maxSize)
	case h.end() > size:
		return fmt.Errorf("%w: it is cut off: it ends at offset %d, the flash at %d", chain.ErrDamaged, h.end(), size)
	}
	return nil
}
