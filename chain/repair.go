package chain

import (
	"fmt"
	"slices"
)

// loose is something that a power cut has left and that may read differently
// next time: a record of an entry, to be written again as it reads now, or the
// remains of a commit record, to be erased.
type loose struct {
	entry Hash // zero: remains
	block int  // where the entry or the remains stand
	back  bool // the remains are in the back buffer
}

// Settled reports whether the chain reads the same at every boot. After a power
// cut it may not, until Repair.
func (c *Chain) Settled() bool { return len(c.loose) == 0 }

// Repair makes the state that shows now the one that every later boot shows:
// whatever a power cut has left between two states is tied up, by a record or
// by erasing a block. On a settled chain it writes nothing. A boot calls it
// before it uses the state, and every command does before anything else. What
// is still loose after one try stays so.
func (c *Chain) Repair() error {
	tried := map[loose]bool{}
	for {
		i := slices.IndexFunc(c.loose, func(l loose) bool { return !tried[l] })
		if i < 0 {
			return nil
		}
		l := c.loose[i]
		tried[l] = true
		if err := c.tie(l); err != nil {
			return fmt.Errorf("cannot repair what a power cut has left: %w", err)
		}
		c.reopen()
		if err := c.Check(); err != nil {
			return err
		}
	}
}

func (c *Chain) tie(l loose) error {
	if l.back {
		return c.eraseCopySlots()
	}
	if l.entry == (Hash{}) {
		if err := c.erase(l.block); err != nil {
			return err
		}
		return c.a.sync()
	}
	if b := c.back; b != nil && b.start <= l.block {
		if b.last().SlotsFree() < pair {
			// Nothing was done at home yet: that waits for a copy that is firm.
			return c.eraseCopySlots()
		}
		return c.record(b.last(), b.last().last)
	}
	e, err := c.read(l.block)
	if err != nil || e.SlotsFree() < pair && e.unreadable {
		return err // to write it anew at every boot would wear the flash out
	}
	return c.change(e, e.last, 0)
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
