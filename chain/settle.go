package chain

import (
	"errors"
	"fmt"
)

// ready verifies what is there, says whether it may be written to, and repairs
// what a power cut has left.
func (c *Chain) ready() error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.blocked != nil {
		return c.blocked
	}
	return c.Repair()
}

// settle writes what is in the back buffer, if it is part of the chain, to its
// home, and ends the copy. It is the second half of replacing an entry, and
// what a command does first when a cut came in between; on a chain in order it
// writes nothing.
func (c *Chain) settle() error {
	b := c.back
	if b == nil {
		return nil
	}
	if b.inside {
		if err := c.toEnd(); err != nil {
			return err
		}
		b = c.back
	}
	id := c.ID()
	for _, e := range b.entries {
		if !e.counts || c.isDamaged(e) {
			continue
		}
		if e.Home+e.Blocks > b.start {
			return fmt.Errorf("cannot write %s from the back buffer to its home: they overlap", e.Name())
		}
		p, err := c.load(e)
		if err == nil {
			r := e.last
			r.kind, r.flags, r.blocks, r.label = kindCommit, r.flags&^flagTakeover, 0, e.Label
			err = c.writeHome(&e.Header, p, e.Home, r)
		}
		if err != nil {
			return fmt.Errorf("the entry is in the back buffer and counts, but cannot be written to its home yet: %w", err)
		}
	}
	if err := c.expect(id); err != nil {
		return err
	}
	return c.endCopy()
}

// isDamaged reports whether the content of e was found not to hold: there is
// nothing left to bring home.
func (c *Chain) isDamaged(e *Entry) bool { return errors.Is(c.rejected[e.Block], ErrDamaged) }

// endCopy ends a copy of what stands at its home, so that it can never stand in
// for that again, whatever becomes of it: by a record, or, where the slots for
// that are used up, by erasing them.
func (c *Chain) endCopy() error {
	if c.back == nil {
		return nil
	}
	for _, e := range c.back.entries {
		if e.counts && !c.isDamaged(e) {
			return fmt.Errorf("%w: %s cannot be read at its home, the copy in the back buffer still counts", ErrReadBack, e.Name())
		}
	}
	last := c.back.last()
	r := record{kind: kindMove, flags: flagMoved, time: last.last.time, blocks: uint32(c.a.blocks() - c.back.start)}
	err := error(ErrNoSlot)
	if c.slotsFree(last) >= pair {
		err = c.record(last, r)
	}
	if err != nil {
		if err := c.eraseCopySlots(); err != nil {
			return err
		}
	}
	return c.expect(c.ID())
}

// eraseCopySlots ends the copy in the back buffer, or its remains, for good.
func (c *Chain) eraseCopySlots() error {
	for block := int(c.copySlots().slots / int64(c.a.g.EraseSize)); block < c.a.blocks(); block++ {
		if err := c.erase(block); err != nil {
			return err
		}
	}
	return c.a.sync()
}
