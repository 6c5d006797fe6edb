package chain

import (
	"errors"
	"fmt"
)

// maxNewBad is how many blocks a command marks as bad before it gives up: a
// device where everything fails is not one with bad blocks.
const maxNewBad = 4

// blockError says that an erase block does not take what is written to it.
type blockError struct {
	block int // in the row of good blocks
	err   error
}

func (e *blockError) Error() string { return e.err.Error() }
func (e *blockError) Unwrap() error { return e.err }

// flashFailed reports whether err is flash that does not work in one place, and
// not a device that is gone.
func flashFailed(err error) bool { return unreadable(err) || errors.Is(err, ErrReadBack) }

// failed returns err, as a blockError of the block at off if flash has failed.
func (c *Chain) failed(off int64, err error) error {
	if err != nil && flashFailed(err) {
		return &blockError{int(off / int64(c.a.g.EraseSize)), err}
	}
	return err
}

// erase erases a block, at the second try if need be.
func (c *Chain) erase(block int) error {
	for slots := range c.touched {
		if slots >= c.a.offset(block)-maxSlots*c.copySlots().layout.slot && slots < c.a.offset(block+1) {
			delete(c.touched, slots)
		}
	}
	err := c.a.erase(block)
	if err != nil && flashFailed(err) {
		err = c.a.erase(block)
	}
	return c.failed(c.a.offset(block), err)
}

// retry runs a command. Where it fails because a block has gone bad, the block
// is marked, if the device can do that, and the command starts again on the row
// of blocks without it. No block that is marked holds anything that counts:
// only what is being written can fail so.
func (c *Chain) retry(command func() error) error {
	for marked := 0; ; marked++ {
		err := command()
		var bad *blockError
		switch {
		case marked > 0 && errors.Is(err, ErrNothing):
			return nil // the try before got as far as that
		case !errors.As(err, &bad) || marked == maxNewBad:
			return err
		}
		if c.hides(bad.block) {
			return fmt.Errorf("%w; it is not marked as bad: then the flash would be too small for the entry in the back buffer", err)
		}
		if e := c.a.dev.MarkBad(c.a.device(bad.block)); e != nil {
			if errors.Is(e, errors.ErrUnsupported) {
				return err
			}
			return fmt.Errorf("%w; it cannot be marked as bad: %w", err, e)
		}
		a, e := newArea(c.a.dev)
		if e != nil {
			return e
		}
		c.a, c.verified, c.blank, c.touched = a, map[int]bool{}, map[int64]bool{}, map[int64]int{}
		c.reopen()
	}
}

// hides reports whether an entry in the back buffer that counts could not be
// found any more if the row of blocks lost one: it has to stand behind its home.
func (c *Chain) hides(block int) bool {
	if c.back == nil || block >= c.back.start {
		return false
	}
	for _, e := range c.back.entries {
		if e.counts && e.Block-1 <= e.Home {
			return true
		}
	}
	return false
}
