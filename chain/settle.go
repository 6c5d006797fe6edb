package chain

import (
	"fmt"
	"time"
)

// ready verifies what is there, and says whether it may be written to. It
// writes nothing.
func (c *Chain) ready() error {
	if err := c.Check(); err != nil {
		return err
	}
	return c.blocked
}

// settle writes the entry in the back buffer, if it is part of the chain, to
// its home, and ends the copy. It is the second half of replacing an entry, and
// what a command does first when a cut came in between; on a chain in order it
// writes nothing.
func (c *Chain) settle() error {
	b := c.copy
	if b == nil {
		return nil
	}
	if c.Volatile() == b {
		if b.Home+b.Blocks > b.Block {
			return fmt.Errorf("cannot write %s from the back buffer to its home: they overlap", b.Name())
		}
		if err := c.writeHome(b); err != nil {
			return fmt.Errorf("the entry is in the back buffer and counts, but cannot be written to its home yet: %w", err)
		}
	}
	return c.endCopy()
}

func (c *Chain) writeHome(b *Entry) error {
	p, err := c.load(b)
	if err != nil {
		return err
	}
	if err := c.put(b.Home, b.Home, &b.Header, p, time.Unix(b.last.time, 0)); err != nil {
		return err
	}
	return c.expect(b.Hash)
}

// endCopy ends a copy of what stands at its home, so that it can never stand in
// for that again, whatever becomes of it: by a record, or, where a cut has
// spoilt the copy or the slot, by erasing the block with its commit record.
func (c *Chain) endCopy() error {
	b := c.copy
	if b == nil || !c.atHome(b) {
		return nil
	}
	if b.SlotsFree() == 0 || c.Verify(b) != nil {
		if err := c.a.erase(c.a.blocks() - 1); err != nil {
			return err
		}
		if err := c.a.sync(); err != nil {
			return err
		}
	} else if err := c.record(b, record{kind: kindMove, flags: flagMoved, time: b.last.time}); err != nil {
		return err
	}
	return c.expect(c.ID())
}

// atHome reports whether the entry of a copy stands at its home as well.
func (c *Chain) atHome(b *Entry) bool {
	if c.standing != nil && c.standing.Hash == b.Hash {
		return true
	}
	for _, e := range c.entries {
		if e.Hash == b.Hash && e.Block != b.Block {
			return true
		}
	}
	return false
}
