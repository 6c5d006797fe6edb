package chain

import (
	"errors"
	"fmt"
	"slices"
)

// loose is something that a power cut has left and that may read differently
// next time.
type loose struct {
	what  looseWhat
	block int // where the entry stands, or the slots
}

type looseWhat byte

const (
	looseEntry  looseWhat = iota // an entry at its home, whose last record may be another one next time
	looseCommit                  // an entry at its home, which may be committed next time
	looseCopy                    // what is in the back buffer, which may not be committed next time
	looseSlots                   // the slots at the end of the flash, which may hold a commit record next time
)

// Settled reports whether the chain reads the same at every boot. After a power
// cut it may not, until Repair.
func (c *Chain) Settled() bool { return len(c.loose) == 0 }

// Repair makes the state that shows now the one that every later boot shows:
// whatever a power cut has left between two states is tied up, by a record, or
// in the back buffer by finishing or erasing what is there. On a settled chain
// it writes nothing. A boot calls it before it uses the state, and every command
// does before anything else. What is still loose after one try stays so.
func (c *Chain) Repair() error {
	tried := map[loose]bool{}
	for {
		i := slices.IndexFunc(c.loose, func(l loose) bool { return !tried[l] })
		if i < 0 {
			return nil
		}
		l := c.loose[i]
		tried[l] = true
		// On a full flash, several cuts in a row use up the slots: then it stays
		// loose, and the next roll-back or compaction makes room.
		if err := c.tie(l); err != nil && !errors.Is(err, ErrNoSlot) {
			return fmt.Errorf("cannot repair what a power cut has left: %w", err)
		}
		c.reopen()
		if err := c.Check(); err != nil {
			return err
		}
	}
}

// tie ties up one loose end. It erases nothing that could still count: an erase
// that is cut short leaves a block that reads differently each time, and that
// may not be programmed. A record rules, whatever is before it.
func (c *Chain) tie(l loose) error {
	switch l.what {
	case looseSlots:
		if c.foreign == ContentUnknown && (c.slots.used > 1 || !c.copyIsWhole()) {
			// Not what a cut leaves of the first record, but of an erase.
			return c.eraseCopySlots()
		}
		return c.record(c.slots, record{kind: kindVoid, flags: flagMoved})
	case looseCopy:
		last := c.back.last()
		if c.slotsFree(last) >= pair {
			return c.record(last, last.last)
		}
		return nil
	}
	e, err := c.read(l.block)
	switch {
	case err != nil:
		return err
	case l.what == looseEntry:
		return c.change(e, e.last, 0)
	case c.slotsFree(e) >= pair:
		return c.record(e, record{kind: kindRetire, flags: flagRetired, time: e.Created})
	case c.foreign != ContentUnknown:
		return nil // where something else is in use, Repair erases nothing
	}
	if err := c.erase(l.block); err != nil {
		return err
	}
	return c.a.sync()
}

// maxCopy is how many blocks lastOnFlash looks at: to search a card of some
// gigabytes takes minutes.
const maxCopy = 1024

// copyIsWhole reports whether an entry ends with the flash, as the last one in
// the back buffer does: then what stands in the copy slots was written behind it.
func (c *Chain) copyIsWhole() bool {
	e := c.lastOnFlash()
	return e != nil && c.Verify(e) == nil
}

// lastOnFlash returns the entry that ends with the flash, or nil; its records are
// not read. Where a copy stands on what is left of another entry, that is the copy.
func (c *Chain) lastOnFlash() *Entry {
	for at := c.a.blocks() - 1; at >= max(c.end, c.a.blocks()-maxCopy); at-- {
		if e, err := c.header(at); err == nil && at+e.Blocks == c.a.blocks() {
			return e
		}
	}
	return nil
}

// reach returns the block behind what is in the chain, or would be again if a
// roll-back were taken back.
func (c *Chain) reach() int {
	end := c.end
	if lost, err := c.rolledBack(); err == nil {
		for _, e := range lost {
			end += e.Blocks
		}
	}
	return end
}
