package chain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// This file is about flash that holds something else than a chain, such as
// jffs2, and becomes one. The chain to come is written as a copy, as if to the
// back buffer, into blocks that are not in use. Its commit record says that it
// takes over: from then on what the flash starts with is history, and the copy
// is written home like any other.
//
// At the end of the flash such a copy is the back buffer. Anywhere else it is
// found by looking at every block, and is copied to the end of the flash before
// the first block of what it replaces is erased.

// front returns what else than a chain the flash starts with, if that is known
// for sure; or else ContentUnknown.
func (c *Chain) front() Content {
	if _, err := c.read(0); !errors.Is(err, errNoHeader) {
		return ContentUnknown
	}
	b := make([]byte, identifySize)
	for range rereads {
		if _, err := c.a.ReadAt(b, 0); err != nil {
			continue
		}
		if content := signed(b); content != ContentUnknown && content != ContentMarked {
			return content
		}
	}
	return ContentUnknown
}

// takenOver reports whether a committed copy takes the place of what the flash
// starts with, and is the back buffer from now on. One between the blocks of that
// comes first: the one at the end of the flash was made of it, and may not hold.
func (c *Chain) takenOver() bool {
	atEnd := c.back
	if atEnd != nil && atEnd.last().last.flags&flagTakeover == 0 {
		atEnd = nil
	}
	var left []loose
	if c.back = nil; c.foreign == ContentJFFS2 || c.foreign == ContentFstools {
		c.back, left = c.inside()
	}
	switch {
	case c.back != nil:
		c.loose = nil // what stands in the copy slots is written over before it could count
		return true
	case atEnd != nil:
		c.back = atEnd
		return true
	case len(c.loose) > 0 && !c.copyIsWhole():
		c.loose = nil // what stands in the copy slots is not ours
	}
	c.loose = append(c.loose, left...)
	return false
}

// inside looks for a copy that takes over between the blocks of something else,
// and returns what a cut has left of the commit records of others.
func (c *Chain) inside() (found *back, left []loose) {
	for at := 1; at < c.a.blocks(); at++ {
		e, err := c.header(at)
		if err != nil || e.layout.slot != c.slots.layout.slot || at+e.Blocks == c.a.blocks() {
			continue // the records of a copy that ends there have been read
		}
		if c.readRecords(e) != nil {
			continue
		}
		c.serial = max(c.serial, e.last.serial)
		switch end := at + e.Blocks; {
		case !e.committed() && e.used > 0 && c.Verify(e) == nil,
			e.void() && !e.firm: // the repair of that was cut off too
			left = append(left, loose{looseCommit, at})
		case e.last.flags&flagTakeover != 0 && e.last.flags&flagMoved == 0:
			found := c.copies(end-int(min(e.last.blocks, 1<<30)), end, e.last)
			if found == nil || found.start < 1 {
				continue
			}
			last := found.last()
			last.records, last.Label = e.records, e.Label
			found.share()
			found.inside = true
			return found, nil
		}
	}
	return nil, left
}

// Incoming is an entry of a chain that takes the place of something else.
type Incoming struct {
	Type    Type
	Label   string
	Created time.Time
	Payload *Payload
}

// Unused says of each erase block of a device whether what the device holds
// makes no use of it.
type Unused []bool

// TakeOver makes a chain of a flash that holds something else: entries, oldest
// first. From the commit record on, a boot shows them; what was there counts
// until then. Only blocks in unused are written to; where they do not suffice,
// it returns a *NoRunError before anything is touched. Settle brings the chain
// to its home.
func (c *Chain) TakeOver(entries []Incoming, unused Unused, now time.Time) error {
	return c.retry(func() error {
		if err := c.Check(); err != nil {
			return err
		}
		if c.foreign == ContentUnknown {
			if c.back != nil && c.back.last().last.flags&flagTakeover != 0 {
				return nil // the try before got as far as that
			}
			return fmt.Errorf("%w: the flash holds nothing that a chain could take the place of", ErrNothing)
		}
		if err := c.Repair(); err != nil {
			return err
		}
		list, err := c.incoming(entries)
		if err != nil {
			return err
		}
		start, err := c.run(list, unused)
		if err != nil {
			return err
		}
		commit := record{kind: kindCommit, flags: flagTakeover, time: now.Unix()}
		if entries[len(entries)-1].Type == TypeSnapshot {
			commit.flags |= flagSnapshot
		}
		if err := c.writeCopy(start, list, commit); err != nil {
			return err
		}
		return c.expect(list[len(list)-1].h.hash())
	})
}

// Replace makes a chain of a flash whatever it holds, at once: entries, oldest
// first. A cut before it returns leaves a part of them, or nothing.
func (c *Chain) Replace(entries []Incoming, now time.Time) error {
	list, err := c.incoming(entries)
	if err != nil {
		return err
	}
	if n := blocksOf(list); n > c.a.blocks() {
		return &NoRoomError{Need: n, Free: c.a.blocks(), EraseSize: c.a.g.EraseSize}
	}
	if err := c.eraseCopySlots(); err != nil {
		return err
	}
	home := 0
	for i, l := range list {
		p, err := l.p()
		if err != nil {
			return err
		}
		r := record{kind: kindCommit, time: now.Unix()}
		if entries[i].Type == TypeSnapshot {
			r.flags = flagSnapshot
		}
		if err := c.writeHome(l.h, p, home, r); err != nil {
			return err
		}
		home += l.h.layout().blocks
	}
	return c.expect(list[len(list)-1].h.hash())
}

// incoming makes headers for entries of a new chain.
func (c *Chain) incoming(entries []Incoming) (list []laid, err error) {
	var prev Hash
	for i, e := range entries {
		if err := checkLabel(e.Label); err != nil {
			return nil, err
		}
		h := c.newHeader(e.Type, e.Payload)
		h.Number, h.Prev, h.Label = i+1, prev, e.Label
		h.Serial, h.Created = c.serial+1, e.Created.Unix()
		prev = h.hash()
		list = append(list, laid{h, func() (*Payload, error) { return e.Payload, nil }})
	}
	return list, nil
}

// NoRunError says that a flash which holds something else leaves too few erase
// blocks in a row for a chain to come, before anything was touched.
type NoRunError struct {
	Need, Longest int // erase blocks
	Blocks        int // of the flash
	EraseSize     int // bytes
}

func (e *NoRunError) Error() string {
	if 2*e.Need > e.Blocks {
		return fmt.Sprintf("the flash is too small: the chain takes %d erase blocks of %d bytes, and as many for a copy of it; there are %d", e.Need, e.EraseSize, e.Blocks)
	}
	return fmt.Sprintf("too few erase blocks are unused: the chain takes %d in a row, behind its own place (%d bytes), the longest row that is unused there has %d", e.Need, int64(e.Need)*int64(e.EraseSize), e.Longest)
}

// run returns where blocks for a copy are unused: at the end of the flash, or
// else in a place that overlaps neither the home of the entries nor the end.
func (c *Chain) run(list []laid, unused Unused) (start int, err error) {
	n := blocksOf(list)
	total, row, longest := c.a.blocks(), 0, 0
	for at := n; at < total; at++ {
		if row++; !unused[c.a.device(at)] {
			row = 0
		}
		longest = max(longest, row)
		if at+1 <= total-n && row >= n {
			start = at + 1 - n
		}
	}
	switch {
	case row >= n && 2*n <= total:
		return total - n, nil
	case start > 0:
		return start, nil
	}
	return 0, &NoRunError{Need: n, Longest: longest, Blocks: total, EraseSize: c.a.g.EraseSize}
}

// Settle brings what is in the back buffer to its home, as every command does
// that changes the chain.
func (c *Chain) Settle() error {
	return c.retry(func() error {
		if err := c.ready(); err != nil {
			return err
		}
		return c.settle()
	})
}

// toEnd copies what stands inside of what it replaces to the end of the flash.
func (c *Chain) toEnd() error {
	var list []laid
	for _, e := range c.back.entries {
		list = append(list, laid{&e.Header, func() (*Payload, error) { return c.load(e) }})
	}
	last, id := c.back.last(), c.ID()
	r := last.last
	r.kind, r.label = kindCommit, last.Label
	if err := c.writeCopy(c.a.blocks()-blocksOf(list), list, r); err != nil {
		return err
	}
	return c.expect(id)
}

// Foreign returns what the flash holds instead of a chain, or ContentUnknown if
// nothing that is known for sure stands in the way of one.
func (c *Chain) Foreign() Content { return c.foreign }

// UnusedByJFFS2 returns the erase blocks of a flash with jffs2 that hold
// nothing, or nothing but a clean marker (struct jffs2_unknown_node of the
// kernel's include/uapi/linux/jffs2.h). Bad blocks are not among them.
func (c *Chain) UnusedByJFFS2() (Unused, error) {
	unused := make(Unused, c.a.dev.Geometry().Blocks())
	b := make([]byte, c.a.g.EraseSize)
	for at := range c.a.blocks() {
		if err := c.a.read(b, c.a.offset(at)); err != nil && !unreadable(err) {
			return nil, err
		} else if err == nil {
			unused[c.a.device(at)] = blank(b[cleanMarker(b):])
		}
	}
	return unused, nil
}

// cleanMarker returns the length of the clean marker that b starts with, 0 if
// there is none.
func cleanMarker(b []byte) int {
	const header = 12 // bytes; a marker is nothing else, or is filled up
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if n := order.Uint32(b[4:]); order.Uint32(b) == cleanMarkerMagic(order) && header <= n && n <= 64 {
			return int(n)
		}
	}
	return 0
}

// cleanMarkerMagic is the magic of jffs2 and the type of a clean marker as one
// number.
func cleanMarkerMagic(order binary.ByteOrder) uint32 {
	if order == binary.LittleEndian {
		return 0x20031985
	}
	return 0x19852003
}
