package chain

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

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
	slots  int64 // offset of the record slots on the flash
	counts bool  // the walk has found the entry, or its state, here
	records
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

// Chain is the chain on one device, as the last walk found it.
type Chain struct {
	a        *area
	entries  []*Entry // what a boot shows, oldest first
	end      int      // the block behind the last of them
	standing *Entry   // committed at end, but not shown: retired, replaced or rejected
	unsure   bool     // what stands at end cannot be read, or has a header that does not hold
	back     *back    // the back buffer, or nil
	slots    *Entry   // the copy slots, as those of an entry that nothing is known of
	foreign  Content  // what else the flash starts with, if that still counts; or ContentUnknown
	loose    []loose  // ends that Repair ties up
	rejected map[int]error
	verified map[int]bool // payloads found good, by block
	damage   []Damage
	blocked  error          // why nothing may be written
	serial   uint32         // the highest of all records seen
	blank    map[int64]bool // offsets of slots that are blank for sure
	touched  map[int64]int  // by the offset of an entry's slots: how many were not blank
	seen     map[int]found
	slotBuf  []byte // scratch: the record slots of an entry
}

// found is what read found at a block.
type found struct {
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
	c := &Chain{a: a, verified: map[int]bool{}, blank: map[int64]bool{}, touched: map[int64]int{}}
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
	c.seen, c.rejected = map[int]found{}, map[int]error{}
	c.walk()
}

// walk is the one place that decides what a boot shows.
func (c *Chain) walk() {
	c.entries, c.damage, c.blocked, c.loose, c.serial = nil, nil, nil, nil, 0
	c.standing, c.unsure, c.end = nil, false, 0
	c.foreign = c.front()
	c.back = c.readBack()
	if c.foreign != ContentUnknown && !c.takenOver() {
		c.blocked = fmt.Errorf("the flash %w than a chain: %v", ErrForeign, c.foreign)
		return
	}
	c.foreign = ContentUnknown
	var prev Hash
	at := 0
	for {
		e := c.next(prev, len(c.entries)+1, at)
		if e == nil {
			break
		}
		if n := len(c.entries); n > 0 {
			c.confirmed(c.entries[n-1])
		}
		c.entries = append(c.entries, e)
		prev, at = e.Hash, at+e.Blocks
		if e.IsVolatile() && !c.promoted(e, at) {
			break
		}
	}
	c.end = at
	if i := slices.IndexFunc(c.loose, func(l loose) bool { return l.what == looseSlots }); i >= 0 {
		home := c.homeOfSlots()
		if home != nil || !c.ownsSlots(c.loose[i].block) {
			c.loose = slices.Delete(c.loose, i, i+1)
		}
		if home != nil && !slices.Contains(c.loose, *home) {
			c.loose = append(c.loose, *home)
		}
	}
}

// homeOfSlots returns what is loose in the last slots of the flash if they are
// those of an entry at its home, not committed, or retired, or else nil.
func (c *Chain) homeOfSlots() *loose {
	last := c.lastOnFlash()
	if last == nil || last.Block != c.end {
		return nil
	}
	e, err := c.read(c.end)
	if err != nil || e.Prev != c.ID() || e.Number != len(c.entries)+1 || c.Verify(e) != nil {
		return nil
	}
	e.used = max(e.used, e.layout.nSlots-copySlots+c.slots.used) // they were read twice
	if e.committed() {
		return &loose{looseEntry, e.Block}
	}
	return &loose{looseCommit, e.Block}
}

// ownsSlots reports whether what stands in the copy slots, from a block on, can
// be what is left of a copy: and not a part of an entry that was rolled back, or
// of something else, on a flash that no chain is on.
func (c *Chain) ownsSlots(block int) bool {
	return c.reach() <= block &&
		(len(c.entries) > 0 || c.standing != nil || c.unsure || c.slots.like || c.copyIsWhole())
}

// promoted reports whether something stands behind a volatile entry. That is
// only written behind a snapshot: so the entry is one, and the record that says
// so is damaged.
func (c *Chain) promoted(e *Entry, behind int) bool {
	f, err := c.read(behind)
	if err != nil || !f.follows(e.Hash, e.Number+1) {
		return false
	}
	e.last.flags |= flagSnapshot
	c.report(e.Name(), fmt.Errorf("%w: the record that made it a snapshot does not hold", ErrDamaged))
	return true
}

// confirmed ends the trial of an entry that something stands behind: that is only
// written when the trial is over. So the record that says so is damaged.
func (c *Chain) confirmed(e *Entry) {
	if _, ok := e.onTrial(); ok {
		e.last.flags &^= flagTrial
		c.report(e.Name(), fmt.Errorf("%w: the record that confirmed it does not hold", ErrDamaged))
	}
}

// next returns the entry that follows the one with the hash prev, or nil where
// the chain ends. Of the committed entries with that prev, at their home or in
// the back buffer, the one with the youngest record counts: a copy is complete
// before anything is done to what it replaces. Where an entry stands twice, the
// youngest record is the state of both.
func (c *Chain) next(prev Hash, number, at int) *Entry {
	c.standing, c.unsure = nil, false
	var candidates []*Entry
	copied := c.back.entry(prev, number, at)
	if copied != nil {
		candidates = append(candidates, copied)
	}
	home := c.home(prev, number, at, copied != nil)
	if home != nil && copied != nil && home.Hash == copied.Hash && copied.complete && !home.complete && c.rejected[copied.Block] == nil {
		home = nil // it is not complete yet; until then nothing else is written there
	}
	if home != nil {
		c.serial = max(c.serial, home.last.serial)
		c.standing = home
		candidates = append(candidates, home)
	}
	if len(candidates) == 0 {
		return nil
	}
	if len(candidates) == 2 && candidates[1].last.serial > candidates[0].last.serial {
		candidates[0], candidates[1] = candidates[1], candidates[0]
	}
	youngest := candidates[0]
	youngest.counts = true
	if !youngest.firm {
		l := loose{looseEntry, youngest.Block}
		if youngest == copied {
			l.what = looseCopy
		}
		c.loose = append(c.loose, l)
		if youngest.rotten {
			c.report(youngest.Name(), fmt.Errorf("%w: a record of it does not hold, its second copy does", ErrDamaged))
		}
	}
	if youngest.retired() {
		return nil
	}
	for _, e := range candidates {
		if reason, ok := c.rejected[e.Block]; ok {
			c.report(e.Name(), reason)
			continue
		}
		if e.Hash == youngest.Hash {
			e.last, e.Label = youngest.last, youngest.Label
		}
		if e.retired() {
			return nil // what was rolled back does not come back with the damage of another
		}
		if e == c.standing {
			c.standing = nil
		}
		e.counts = true
		return e
	}
	return nil
}

// home returns the committed entry at a block that follows the one with the
// hash prev, or nil, and takes down what is wrong there. copied says that a
// committed copy stands in the back buffer: then what is left of a write to
// home cannot change what counts.
func (c *Chain) home(prev Hash, number, at int, copied bool) *Entry {
	if at >= c.a.blocks() {
		return nil
	}
	e, err := c.read(at)
	switch {
	case err == nil && e.follows(prev, number):
		if e.mended {
			c.report(e.Name(), fmt.Errorf("%w: one bit of its header has changed, its records tell which", ErrDamaged))
		}
		return e
	case err == errNoHeader || copied && !unreadable(err):
	case err == nil && e.Prev == prev && e.Number == number && e.used > 0:
		// Where the payload does not hold, no commit record was begun.
		if c.Verify(e) == nil {
			c.loose = append(c.loose, loose{looseCommit, at})
		}
		if e.garbage > 1 { // more than a cut leaves
			c.report(e.Name(), fmt.Errorf("%w: its commit record does not hold", ErrDamaged))
		}
	case err == nil || errors.Is(err, errTorn):
	case errors.Is(err, ErrDamaged):
		c.report(c.blockName(at), err)
		c.unsure = true
	case errors.Is(err, ErrVersion) || errors.Is(err, ErrGeometry):
		// Nobody's business, if it is a remainder of another chain.
		if at == 0 || e.Prev == prev {
			c.report(c.blockName(at), err)
			c.blocked = fmt.Errorf("cannot use %s: %w", c.blockName(at), err)
		}
	case unreadable(err):
		c.report(c.blockName(at), err)
		c.unsure = true
	default:
		c.report(c.blockName(at), err)
		c.blocked = err
	}
	return nil
}

// blockName names a block for a person.
func (c *Chain) blockName(at int) string { return fmt.Sprintf("erase block %d", c.a.device(at)) }

// unreadable reports whether err is flash that cannot be read in one place, and
// so is damage, and not a device that is gone.
func unreadable(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EBADMSG)
}

func (c *Chain) report(what string, err error) {
	c.damage = append(c.damage, Damage{What: what, Err: err})
}

// follows reports whether e is committed and stands behind the entry whose
// header has the hash prev.
func (e *Entry) follows(prev Hash, number int) bool {
	return e.committed() && e.Prev == prev && e.Number == number
}

// read reads the header and the records at a block, committed or not. It
// returns errNoHeader when no header is there, and errors that wrap
// ErrDamaged, ErrVersion or ErrGeometry when there is one that cannot be used;
// with the last two, the entry has nothing but a Prev.
func (c *Chain) read(block int) (*Entry, error) {
	f, ok := c.seen[block]
	if !ok {
		switch f.e, f.err = c.header(block); {
		case f.err == nil:
			f.err = c.readRecords(f.e)
		case f.err != errNoHeader && errors.Is(f.err, ErrDamaged):
			f.e, f.err = c.mend(block, f.err)
		}
		c.seen[block] = f
	}
	return f.e, f.err
}
