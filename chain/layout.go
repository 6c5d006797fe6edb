package chain

import (
	"chainroot/flash"
)

// The parts of an entry, one behind the other:
//
//	header | chunk table | payload | unused | record slots
//
// Header, chunk table and payload together take whole write units; the slots end
// with the last erase block. A slot is one write unit, and never less than
// minSlotSize bytes. An entry in the back buffer uses the last copySlots
// slots only: they are the last of the flash, where a reader finds them.
const (
	minSlotSize = recordSize
	minSlots    = pair + 4*fresh // the commit, a push, a roll-back, and the repair of both
	maxSlots    = 32
	copySlots   = minSlots

	// chunkSize is what one hash of the chunk table covers, in bytes of the
	// payload: small enough to be checked before it is decompressed, in RAM.
	chunkSize = 64 << 10

	// maxStored bounds a payload, in bytes: no flash of a unit is larger.
	maxStored = 1 << 34
)

// layout holds offsets from the start of an entry, in bytes.
type layout struct {
	frame  int64 // where the payload starts
	slots  int64 // where the record slots start
	slot   int64 // size of one slot
	blocks int   // erase blocks of the entry
	nSlots int
}

// plan returns the layout of an entry with a payload of stored bytes, which
// has as many record slots as its last erase block gives away.
func plan(g flash.Geometry, stored int64) layout {
	l, end := parts(g, stored)
	e := int64(g.EraseSize)
	l.blocks = int(roundUp(end+minSlots*l.slot, e) / e)
	most := int64(maxSlots)
	if e%l.slot != 0 {
		most = min(most, e/l.slot) // no slot lies in two erase blocks
	}
	l.nSlots = int(min((int64(l.blocks)*e-end)/l.slot, most))
	l.slots = int64(l.blocks)*e - int64(l.nSlots)*l.slot
	return l
}

// layout returns the layout of the entry of h.
func (h *Header) layout() layout {
	l, end := parts(h.geometry(), h.Stored)
	e := int64(h.EraseSize)
	l.nSlots = h.Slots
	l.blocks = int(roundUp(end+int64(h.Slots)*l.slot, e) / e)
	l.slots = int64(l.blocks)*e - int64(h.Slots)*l.slot
	return l
}

// geometry is that of the flash the entry was written for; its size stands for
// any.
func (h *Header) geometry() flash.Geometry {
	return flash.Geometry{Size: int64(h.EraseSize), EraseSize: h.EraseSize, WriteSize: h.WriteSize}
}

// parts returns what depends on the payload alone, and where that ends, in whole
// write units.
func parts(g flash.Geometry, stored int64) (l layout, end int64) {
	w := int64(g.WriteSize)
	l.frame = HeaderSize + chunks(stored)*int64(len(Hash{}))
	l.slot = roundUp(minSlotSize, w)
	return l, roundUp(l.frame+stored, w)
}

// chunks returns how many hashes the chunk table of a payload has.
func chunks(stored int64) int64 { return (stored + chunkSize - 1) / chunkSize }

func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit * unit }
