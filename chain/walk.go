package chain

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"chainroot/flash"
)

// Entry is one committed entry of the chain.
type Entry struct {
	Header
	Hash   Hash   // of its header
	Label  string // that of the header, unless a record has given another
	Block  int    // where its bytes stand: its home, or the back buffer
	Blocks int    // erase blocks
	Home   int    // where its place in the row is

	layout layout
	slots  int64  // offset of the record slots on the flash
	last   record // the last valid one
	used   int    // slots up to here were written to
}

// IsVolatile reports whether the entry is the volatile one, which the next
// config replaces.
func (e *Entry) IsVolatile() bool {
	return e.Type == TypeVolatile && e.last.flags&flagSnapshot == 0
}

// Name returns what messages call the entry.
func (e *Entry) Name() string {
	if e.IsVolatile() {
		return "the volatile entry"
	}
	return fmt.Sprintf("snapshot %d", e.Number)
}

// SlotsFree returns how many records the entry can still take.
func (e *Entry) SlotsFree() int { return e.layout.nSlots - e.used }

func (e *Entry) retired() bool { return e.last.flags&flagRetired != 0 }

// Chain is the chain on one device, as the last walk found it.
type Chain struct {
	a        *area
	entries  []*Entry // what a boot shows, oldest first
	end      int      // the block behind the last of them
	standing *Entry   // committed at end, but not shown: retired or rejected
	copy     *Entry   // the entry in the back buffer, or nil
	rejected map[int]error
	damage   []Damage
	blocked  error  // why nothing may be written
	serial   uint32 // the highest of all records seen
	seen     map[int]header
}

// header is what read found at a block.
type header struct {
	e   *Entry
	err error
}

// Open walks the chain on dev: it reads headers and records, no payload, and
// writes nothing. Flash without a chain is an empty chain. An error means that
// the device could not be asked at all; what is wrong with entries is in
// Damage.
func Open(dev flash.Device) (*Chain, error) {
	a, err := newArea(dev)
	if err != nil {
		return nil, err
	}
	c := &Chain{a: a}
	c.reopen()
	return c, nil
}

// Snapshots returns the snapshots, oldest first; number n stands at n-1.
func (c *Chain) Snapshots() []*Entry {
	if c.Volatile() != nil {
		return c.entries[:len(c.entries)-1]
	}
	return c.entries
}

// Volatile returns the volatile entry, or nil.
func (c *Chain) Volatile() *Entry {
	if n := len(c.entries); n > 0 && c.entries[n-1].IsVolatile() {
		return c.entries[n-1]
	}
	return nil
}

// Entries returns the snapshots and the volatile entry.
func (c *Chain) Entries() []*Entry { return c.entries }

// ID returns the hash that names the state: that of the last entry's header,
// or zero for the bare firmware.
func (c *Chain) ID() Hash {
	if n := len(c.entries); n > 0 {
		return c.entries[n-1].Hash
	}
	return Hash{}
}

// Writable returns nil, or why nothing can be written to this chain: a part of
// it cannot be read, or is of a newer version or for another flash.
func (c *Chain) Writable() error { return c.blocked }

// Damage returns what the walk and Reject passed over.
func (c *Chain) Damage() []Damage { return c.damage }

// Reject takes e out of the chain, and with it what follows, unless another
// copy of it stands in for it. Nothing is written: the next Open finds e again.
func (c *Chain) Reject(e *Entry, reason error) {
	c.rejected[e.Block] = reason
	c.walk()
}

// reopen walks flash that has changed.
func (c *Chain) reopen() {
	c.seen, c.rejected = map[int]header{}, map[int]error{}
	c.walk()
}

// walk is the one place that decides what a boot shows.
func (c *Chain) walk() {
	c.entries, c.damage, c.standing, c.blocked, c.serial = nil, nil, nil, nil, 0
	c.copy = c.back(c.homes())
	var prev Hash
	at := 0
	for {
		e := c.next(prev, len(c.entries)+1, at)
		if e == nil {
			break
		}
		c.entries = append(c.entries, e)
		prev, at = e.Hash, at+e.Blocks
		if e.IsVolatile() {
			break
		}
	}
	c.end = at
}

// homes returns the block behind the last entry that stands at its home, be it
// shown or not: a copy stands behind it.
func (c *Chain) homes() int {
	var prev Hash
	at := 0
	for number := 1; ; number++ {
		e, err := c.read(at)
		if err != nil || !e.follows(prev, number) || e.retired() {
			return at
		}
		prev, at = e.Hash, at+e.Blocks
		if e.IsVolatile() {
			return at
		}
	}
}

// back returns the entry in the back buffer, behind a block, or nil. It is
// found by its commit record in the last slots of the flash.
func (c *Chain) back(behind int) *Entry {
	slot := roundUp(minSlotSize, int64(c.a.g.WriteSize))
	var b [recordSize]byte
	if c.a.g.Size < copySlots*slot {
		return nil
	}
	if _, err := c.a.ReadAt(b[:], c.a.g.Size-copySlots*slot); err != nil {
		c.report("the back buffer", err)
		return nil
	}
	r, ok := decodeRecord(b[:])
	block := c.a.blocks() - int(r.arg)
	if !ok || block <= 0 || block < behind {
		return nil
	}
	e, err := c.read(block)
	if err != nil || e.Blocks != int(r.arg) || e.layout.slot != slot || !r.of(e.Hash) {
		return nil
	}
	copied := *e
	e = &copied
	e.slots, e.last, e.used, e.layout.nSlots = c.a.g.Size-copySlots*slot, record{}, 0, copySlots
	if err := c.readRecords(e); err != nil {
		c.report("the back buffer", err)
		return nil
	}
	c.serial = max(c.serial, e.last.serial)
	return e
}

// next returns the entry that follows the one with the hash prev, or nil where
// the chain ends. Of the committed entries with that prev, at their home or in
// the back buffer, the one with the youngest record counts: a copy is complete
// before anything is done to what it replaces. A copy of what stands at home
// has the state of that.
func (c *Chain) next(prev Hash, number, at int) *Entry {
	c.standing = nil
	var found []*Entry
	home, err := c.read(at)
	switch {
	case err == nil && home.follows(prev, number):
		c.serial = max(c.serial, home.last.serial)
		c.standing = home
		found = append(found, home)
	case err == nil && home.Prev == prev && home.Number == number && home.used > 0:
		c.report(home.Name(), fmt.Errorf("%w: its commit record does not hold", ErrDamaged))
	case errors.Is(err, ErrDamaged):
		c.report(fmt.Sprintf("erase block %d", c.a.device(at)), err)
	case err != nil && !errors.Is(err, errNoHeader):
		c.report(fmt.Sprintf("erase block %d", c.a.device(at)), err)
		c.blocked = fmt.Errorf("cannot use erase block %d: %w", c.a.device(at), err)
	}
	if e := c.copy; e != nil && e.Block > at && e.follows(prev, number) {
		e.Home = at
		if c.standing != nil && c.standing.Hash == e.Hash {
			e.last = c.standing.last
		}
		found = append(found, e)
	}
	slices.SortStableFunc(found, func(x, y *Entry) int { return cmp.Compare(y.last.serial, x.last.serial) })
	for _, e := range found {
		if e.retired() {
			return nil
		}
		if reason, ok := c.rejected[e.Block]; ok {
			c.report(e.Name(), reason)
			continue
		}
		if e == c.standing {
			c.standing = nil
		}
		return e
	}
	return nil
}

func (c *Chain) report(what string, err error) {
	c.damage = append(c.damage, Damage{What: what, Err: err})
}

func (e *Entry) committed() bool { return e.last.kind != 0 }

// follows reports whether e is committed and stands behind the entry whose
// header has the hash prev.
func (e *Entry) follows(prev Hash, number int) bool {
	return e.committed() && e.Prev == prev && e.Number == number
}

// read reads the header and the records at a block, committed or not. It
// returns errNoHeader when no header is there, and errors that wrap
// ErrDamaged, ErrVersion or ErrGeometry when there is one that cannot be used.
func (c *Chain) read(block int) (*Entry, error) {
	h, ok := c.seen[block]
	if !ok {
		h.e, h.err = c.readFlash(block)
		c.seen[block] = h
	}
	return h.e, h.err
}

func (c *Chain) readFlash(block int) (*Entry, error) {
	if block >= c.a.blocks() {
		return nil, errNoHeader
	}
	var raw [HeaderSize]byte
	if _, err := c.a.ReadAt(raw[:], c.a.offset(block)); err != nil {
		return nil, err
	}
	h, err := decodeHeader(raw[:])
	if err != nil {
		return nil, err
	}
	if h.EraseSize != c.a.g.EraseSize {
		return nil, fmt.Errorf("%w: written for erase blocks of %d bytes, here they have %d", ErrGeometry, h.EraseSize, c.a.g.EraseSize)
	}
	e := &Entry{Header: *h, Hash: sha256.Sum256(raw[:]), Label: h.Label, Block: block, Home: block, layout: h.layout()}
	e.Blocks = e.layout.blocks
	e.slots = c.a.offset(block) + e.layout.slots
	if e.Blocks > c.a.blocks()-block {
		return nil, fmt.Errorf("%w: a header that announces %d erase blocks, %d are left", ErrDamaged, e.Blocks, c.a.blocks()-block)
	}
	return e, c.readRecords(e)
}

// readRecords reads the records of e up to the first two blank slots: slots
// are used in order, and one that was torn may look blank.
func (c *Chain) readRecords(e *Entry) error {
	var b [recordSize]byte
	for slot, blanks := 0, 0; slot < e.layout.nSlots && blanks < 2; slot++ {
		if _, err := c.a.ReadAt(b[:], e.slotOffset(slot)); err != nil {
			return err
		}
		if blank(b[:]) {
			blanks++
			continue
		}
		blanks, e.used = 0, slot+1
		if r, ok := decodeRecord(b[:]); ok && r.of(e.Hash) {
			e.last = r
			if r.label != "" {
				e.Label = r.label
			}
		}
	}
	return nil
}

func (e *Entry) slotOffset(slot int) int64 { return e.slots + int64(slot)*e.layout.slot }
