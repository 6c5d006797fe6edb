package chain

import (
	"errors"
	"fmt"
	"slices"
)

// rereads is how often something is read that does not hold, before it is
// taken for damaged: some flash returns wrong bits once, without an error.
const rereads = 3

// errTorn says that a header does not hold, and that nothing shows that there
// was an entry behind it: what a power cut leaves of a write.
var errTorn = errors.New("what is left of a write that was cut off")

// header reads the header at a block.
func (c *Chain) header(block int) (*Entry, error) {
	if block < 0 || block >= c.a.blocks() {
		return nil, errNoHeader
	}
	var raw [HeaderSize]byte
	var h *Header
	var err error
	for range rereads {
		if _, err = c.a.ReadAt(raw[:], c.a.offset(block)); err != nil {
			return nil, err
		}
		if h, err = decodeHeader(raw[:]); err == errNoHeader {
			return nil, err
		} else if !errors.Is(err, ErrDamaged) {
			break
		}
	}
	if errors.Is(err, ErrVersion) {
		return &Entry{Header: Header{Prev: Hash(raw[hPrev:])}}, err
	}
	if err != nil {
		return nil, err
	}
	return c.entry(h, block)
}

// entry returns the entry of a header at a block, its records not yet read.
func (c *Chain) entry(h *Header, block int) (*Entry, error) {
	e := &Entry{Header: *h, Hash: h.hash(), Label: h.Label, Block: block, Home: block, layout: h.layout()}
	if h.EraseSize != c.a.g.EraseSize {
		return e, fmt.Errorf("%w: written for erase blocks of %d bytes, here they have %d", ErrGeometry, h.EraseSize, c.a.g.EraseSize)
	}
	e.Blocks = e.layout.blocks
	e.slots = c.a.offset(block) + e.layout.slots
	if e.Blocks > c.a.blocks()-block {
		return nil, fmt.Errorf("%w: a header that announces %d erase blocks, %d are left", ErrDamaged, e.Blocks, c.a.blocks()-block)
	}
	return e, nil
}

// mend looks into a header that does not hold, for the reason given. If one
// bit has changed, turning it back gives the header that the records of the
// entry name, and the entry is as good as before. If there is a record, but
// not of that, it is damaged; without one it is errTorn.
func (c *Chain) mend(block int, reason error) (*Entry, error) {
	var raw [HeaderSize]byte
	if _, err := c.a.ReadAt(raw[:], c.a.offset(block)); err != nil {
		return nil, err
	}
	for bit := range 8 * HeaderSize {
		flip := byte(1) << (bit % 8)
		raw[bit/8] ^= flip
		if !sumHolds(raw[:]) {
			raw[bit/8] ^= flip
			continue
		}
		if h, err := decodeHeader(raw[:]); err == nil {
			if e, err := c.entry(h, block); err == nil && c.readRecords(e) == nil && e.committed() {
				e.mended = true
				return e, nil
			}
		}
		raw[bit/8] ^= flip
	}
	if c.anyRecord(block) {
		return nil, reason
	}
	return nil, errTorn
}

// anyRecord reports whether a record stands in an erase block.
func (c *Chain) anyRecord(block int) bool {
	b := make([]byte, c.a.g.EraseSize)
	if _, err := c.a.ReadAt(b, c.a.offset(block)); err != nil {
		return true // nobody knows
	}
	slot := int(roundUp(minSlotSize, int64(c.a.g.WriteSize)))
	for off := 0; off+recordSize <= len(b); off += slot {
		if _, ok := decodeRecord(b[off : off+recordSize]); ok {
			return true
		}
	}
	return false
}

// records is what the record slots of an entry say.
type records struct {
	last     record // the last valid one
	whole    bool   // it is: its second copy is there too, or was begun
	complete bool   // one of them was whole: nothing of the entry is missing
	firm     bool   // no later reading can say anything else
	rotten   bool   // its first copy does not hold, though the second was begun
	used     int    // slots up to here were written to
	garbage  int    // slots that hold neither a record of the entry nor nothing
	foreign  bool   // one of them holds a record of another entry
	like     bool   // one of them holds what may be left of a record
	mended   bool   // the header was, by what the records say
}

func (r *records) committed() bool { return r.last.kind != 0 }
func (r *records) retired() bool   { return r.last.flags&flagRetired != 0 }

// void reports whether the entry was never committed, and never will be.
func (r *records) void() bool { return r.retired() && r.last.lost == 0 }

// readRecords reads the record slots of e. A reading that is not firm is
// repeated: one that is firm is right, whenever it comes. Of others, the one with
// the youngest record counts: what holds was written, and what does not hold this
// time may do so the next.
func (c *Chain) readRecords(e *Entry) error {
	c.slotBuf = slices.Grow(c.slotBuf[:0], e.layout.nSlots*recordSize)
	b := c.slotBuf[:e.layout.nSlots*recordSize]
	var best Entry
	for range rereads {
		if err := c.readSlots(e, b); err != nil {
			return err
		}
		c.scan(e, b)
		if e.firm || e.used == 0 {
			return nil
		}
		if !best.committed() || e.committed() && e.last.serial >= best.last.serial {
			best = *e
		}
	}
	best.used = e.used
	*e = best
	return nil
}

// readSlots reads the record slots of e into b. One that cannot be read reads as
// zeros; an error means that none can.
func (c *Chain) readSlots(e *Entry, b []byte) error {
	if e.layout.slot == recordSize {
		if err := c.a.read(b, e.slots); err == nil {
			return nil
		}
	}
	var failed error
	good := 0
	for slot := range e.layout.nSlots {
		raw := b[slot*recordSize : (slot+1)*recordSize]
		err := c.a.read(raw, e.slotOffset(slot)) // once: it tells what a cut has hit
		switch {
		case err == nil:
			good++
		case unreadable(err):
			clear(raw)
			failed = err
		default:
			return err
		}
	}
	if good > 0 {
		return nil
	}
	return failed
}

// mayBegin is how many slots behind the last one in use another record may have
// been begun. One that cannot be read beyond that is no record.
const mayBegin = 4

// scan scans the slots of e. One that has read as not blank stays used, however
// it reads now.
func (c *Chain) scan(e *Entry, slots []byte) {
	e.scan(slots)
	if used := c.touched[e.slots]; used > e.used {
		if e.committed() && e.used == 1 {
			e.whole, e.complete = true, true // what is behind its first copy was begun
		}
		e.used, e.firm = used, false
	}
	if e.used > 0 {
		c.touched[e.slots] = e.used
	}
}

// scan takes the slots of e in order. All are looked at: a slot that was torn,
// or erased in part, may look blank.
//
// Whole is a record whose second copy is there too, or, of the first one in an
// entry, was begun: for that the first one was read back. In any later slot,
// what is behind a first copy may be another try at that: see Chain.steady.
// A record is firm unless there is other content behind it, which may be a
// record at the next reading.
func (e *Entry) scan(slots []byte) {
	e.records, e.Label = records{mended: e.mended}, e.Header.Label
	first := -1 // the slot of the last valid record, if that is a first copy
	for slot := range e.layout.nSlots {
		raw := slots[slot*recordSize : (slot+1)*recordSize]
		if blank(raw) || filled(raw, 0) && slot > e.used+mayBegin {
			continue
		}
		e.used = slot + 1
		r, ok := decodeRecord(raw)
		mine, begun := ok && r.of(e.Hash), first >= 0 && first == slot-1
		if mine {
			e.rotten = r.second && e.last.serial != r.serial
			e.whole = r.second && !e.rotten && !e.last.second
			if e.last = r; r.kind != kindFail {
				e.Label = e.Header.Label
				if r.label != "" {
					e.Label = r.label
				}
			}
			if first = slot; r.second {
				first = -1
			}
		} else {
			e.garbage++
			e.foreign, e.like = e.foreign || ok, e.like || recordLike(raw)
			begun = begun && first == 0
			e.whole = e.whole || begun
		}
		e.complete = e.complete || e.whole
		e.firm = e.whole && (mine || begun)
	}
}

func (e *Entry) slotOffset(slot int) int64 { return e.slots + int64(slot)*e.layout.slot }

// slot returns the slot that the next record of e goes to. The first one that
// looks blank it is only where this Chain has erased it, and written all that is
// before it: else a power cut may have hit it, and it reads differently next
// time.
func (c *Chain) slot(e *Entry) int {
	if c.blank[e.slotOffset(e.used)] {
		return e.used
	}
	return e.used + 1
}

// slotsFree returns how many record slots of e are left; a record takes up to
// fresh of them.
func (c *Chain) slotsFree(e *Entry) int { return e.layout.nSlots - c.slot(e) }
