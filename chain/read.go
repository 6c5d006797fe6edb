package chain

import (
	"errors"
	"fmt"
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
		if h, err = decodeHeader(raw[:]); !errors.Is(err, ErrDamaged) {
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
	last    record // the last valid one
	used    int    // slots up to here were written to
	firm    bool   // the last record cannot read differently next time
	rotten  bool   // its first copy does not hold, though the second was begun
	remains int    // slots that hold a record or what is left of one
	mended  bool   // the header was, by what the records say

	unreadable bool // a slot is
}

func (r *records) committed() bool { return r.last.kind != 0 }
func (r *records) retired() bool   { return r.last.flags&flagRetired != 0 }

// readRecords reads the record slots of e. A reading that is not firm is
// repeated: one that is firm is right, whenever it comes.
func (c *Chain) readRecords(e *Entry) error {
	b := make([]byte, e.layout.nSlots*recordSize)
	for range rereads {
		if err := c.readSlots(e, b); err != nil {
			return err
		}
		e.scan(b)
		if e.firm || e.used == 0 {
			break
		}
	}
	return nil
}

// readSlots reads the record slots of e into b. One that cannot be read is like
// one that holds something else; an error means that none can.
func (c *Chain) readSlots(e *Entry, b []byte) error {
	if e.layout.slot == recordSize {
		if _, err := c.a.ReadAt(b, e.slots); err == nil {
			return nil
		}
	}
	var failed error
	good := 0
	for slot := range e.layout.nSlots {
		raw := b[slot*recordSize : (slot+1)*recordSize]
		_, err := c.a.ReadAt(raw, e.slotOffset(slot))
		switch {
		case err == nil:
			good++
		case unreadable(err):
			clear(raw)
			e.unreadable = true
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

// scan takes the slots of e in order. All are looked at: a slot that was torn,
// or erased in part, may look blank.
func (e *Entry) scan(slots []byte) {
	e.records, e.Label = records{mended: e.mended, unreadable: e.unreadable}, e.Header.Label
	for slot := range e.layout.nSlots {
		raw := slots[slot*recordSize : (slot+1)*recordSize]
		if blank(raw) {
			continue
		}
		e.used = slot + 1
		if recordLike(raw) {
			e.remains++
		}
		r, ok := decodeRecord(raw)
		if !ok || !r.of(e.Hash) {
			e.firm = false
			continue
		}
		e.firm = r.second && !e.last.second && e.last.serial == r.serial
		e.rotten = r.second && e.last.serial != r.serial
		e.last, e.Label = r, e.Header.Label
		if r.label != "" {
			e.Label = r.label
		}
	}
}

func (e *Entry) slotOffset(slot int) int64 { return e.slots + int64(slot)*e.layout.slot }

// SlotsFree returns how many record slots of the entry are free; a record takes
// two.
func (e *Entry) SlotsFree() int { return e.layout.nSlots - e.used }
