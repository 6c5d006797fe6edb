package fstools

import (
	"fmt"

	"chainroot/chain"
	"chainroot/flash"
)

// Entry is a snapshot or the volatile entry.
type Entry struct {
	Type     chain.Type
	Number   int    // in the chain, from 1
	Sequence uint32 // as its header says
	Offset   int64  // of its header, in bytes
	Size     int64  // of its gzip'd tar, in bytes
	Block    int    // the first erase block of the device that holds some of it
	Blocks   int    // how many erase blocks do
	Copy     bool   // it is the copy of the volatile entry at the end of the flash

	sum sum
}

// newEntry returns the entry that h describes on a flash of this shape.
func newEntry(h *header, number int, g flash.Geometry) *Entry {
	e := &Entry{Type: h.typ, Number: number, Sequence: h.sequence, Offset: h.off, Size: h.size, sum: h.sum}
	erase := int64(g.EraseSize)
	e.Block = int(h.off / erase)
	e.Blocks = int((h.end()+erase-1)/erase) - e.Block
	return e
}

// Name returns what messages call the entry.
func (e *Entry) Name() string {
	switch {
	case e.Copy:
		return "the copy of the volatile entry"
	case e.Type == chain.TypeVolatile:
		return "the volatile entry"
	}
	return fmt.Sprintf("snapshot %d", e.Number)
}

// at adds to an error which entry it is about, and where that stands.
func (e *Entry) at(verb string, err error) error {
	return fmt.Errorf("cannot %s %s at offset %d (erase block %d): %w", verb, e.Name(), e.Offset, e.Block, err)
}

// Chain is what fstools has written to one device.
type Chain struct {
	dev     flash.Device
	entries []*Entry
}

// Entries returns the entries that count, oldest first: the snapshots, then the
// volatile entry, if there is one.
func (c *Chain) Entries() []*Entry { return c.entries }

// Used returns, for each erase block of the device, whether it holds some of an
// entry that counts. Where the copy of the volatile entry does not count, its
// erase blocks are not in use.
func (c *Chain) Used() []bool {
	used := make([]bool, c.dev.Geometry().Blocks())
	for _, e := range c.entries {
		for b := range e.Blocks {
			used[e.Block+b] = true
		}
	}
	return used
}
