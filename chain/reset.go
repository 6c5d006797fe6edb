package chain

import (
	"fmt"
	"time"
)

// Reset takes everything away, so that nothing that was kept can be read from
// the flash any more, and reads all of it to be sure. Bare is the payload of an
// entry that shows the bare firmware: it stands in the back buffer while the rest
// is erased, so that no cut leaves a part of the chain. It returns a *NoRoomError
// before anything is touched when there is no room for that.
func (c *Chain) Reset(bare *Payload, now time.Time) error {
	return c.retry(func() error {
		if err := c.ready(); err != nil {
			return err
		}
		if err := c.standIn(bare, now); err != nil {
			return err
		}
		start := c.back.start
		if err := c.wipe(0, start); err != nil {
			return err
		}
		if err := c.wipe(start, c.a.blocks()); err != nil {
			return err
		}
		return c.expect(Hash{})
	})
}

// standIn makes the bare firmware the state, by an entry in the back buffer.
func (c *Chain) standIn(bare *Payload, now time.Time) error {
	h := c.newHeader(TypeVolatile, bare)
	h.Number, h.Created = 1, now.Unix()
	blocks := h.layout().blocks
	if blocks >= c.a.blocks() {
		return &NoRoomError{Need: blocks + 1, Free: c.a.blocks(), EraseSize: c.a.g.EraseSize}
	}
	if b := c.back; b != nil && len(b.entries) == 1 && b.last().counts && b.last().holds(bare) {
		return nil // a cut came in between
	}
	if c.a.blocks()-c.end < blocks || c.back != nil {
		// The state has to be one that a record makes, before its blocks are used.
		if len(c.entries) > 0 {
			if err := c.rollback(0, now); err != nil {
				return err
			}
		}
	}
	h.Serial = c.serial + 1
	entry := laid{h, func() (*Payload, error) { return bare, nil }}
	if err := c.writeBack([]laid{entry}, record{kind: kindCommit, time: now.Unix()}); err != nil {
		return err
	}
	return c.expect(h.hash())
}

// wipe erases the blocks from start up to end, and reads that they are blank.
func (c *Chain) wipe(start, end int) error {
	for block := start; block < end; block++ {
		if err := c.erase(block); err != nil {
			return err
		}
	}
	if err := c.a.sync(); err != nil {
		return err
	}
	b := make([]byte, c.a.g.EraseSize)
	for block := start; block < end; block++ {
		if _, err := c.a.ReadAt(b, c.a.offset(block)); err != nil {
			return c.failed(c.a.offset(block), err)
		}
		if !blank(b) {
			return c.failed(c.a.offset(block), fmt.Errorf("%w: erase block %d is not blank after its erase", ErrReadBack, c.a.device(block)))
		}
	}
	return nil
}
