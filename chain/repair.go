package chain

import "fmt"

// loose is something that a power cut has left and that may read differently
// next time: a record of an entry, to be written again as it reads now, or the
// remains of a commit record, whose block is to be erased.
type loose struct {
	entry *Entry
	back  bool // the remains are in the back buffer
	block int
}

// Settled reports whether the chain reads the same at every boot. After a power
// cut it may not, until Repair.
func (c *Chain) Settled() bool { return len(c.loose) == 0 }

// Repair makes the state that shows now the one that every later boot shows:
// whatever a power cut has left between two states is tied up, by a record or
// by erasing a block. On a settled chain it writes nothing. A boot calls it
// before it uses the state, and every command does before anything else.
func (c *Chain) Repair() error {
	// Each round ties up one end; there are at most a few.
	for range maxRepairs {
		if c.Settled() {
			return nil
		}
		l := c.loose[0]
		if err := c.tie(l); err != nil {
			return fmt.Errorf("cannot repair what a power cut has left: %w", err)
		}
		c.reopen()
		if err := c.Check(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: what a power cut has left reads differently again and again", ErrReadBack)
}

// maxRepairs bounds Repair. One cut leaves one loose end; damage in several
// records leaves one each.
const maxRepairs = 100

func (c *Chain) tie(l loose) error {
	switch e := l.entry; {
	case e == nil:
	case e.Block == e.Home:
		return c.change(e, e.last, 0)
	default:
		if last := c.back.last(); last.SlotsFree() >= pair {
			last.Home = -1
			return c.record(last, last.last)
		}
		// Nothing was done at home yet: that waits for a copy that is firm.
		return c.eraseCopySlots()
	}
	if l.back {
		return c.eraseCopySlots()
	}
	if err := c.erase(l.block); err != nil {
		return err
	}
	return c.a.sync()
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
