package chain

import (
	"fmt"

	"chainroot/flash"
)

// Space is how the erase blocks are used.
type Space struct {
	EraseSize, WriteSize int // bytes
	Blocks               int // that are not bad
	Bad                  int
	Used                 int    // by the entries of the chain
	Free                 int    // behind them, the back buffer and what was rolled back included
	RolledBack           int    // entries that Undo would bring back
	Back                 *Entry // in the back buffer, not at its home yet; or nil
}

// Space returns how the flash is used.
func (c *Chain) Space() Space {
	s := Space{
		EraseSize: c.a.g.EraseSize,
		WriteSize: c.a.g.WriteSize,
		Blocks:    c.a.blocks(),
		Bad:       c.a.dev.Geometry().Blocks() - c.a.blocks(),
		Used:      c.end,
		Free:      c.a.blocks() - c.end,
	}
	if c.back != nil && c.back.last().counts {
		s.Back = c.back.last()
	}
	s.RolledBack = len(c.undoable())
	return s
}

// undoable returns the entries that Undo would bring back, and has room to.
func (c *Chain) undoable() []*Entry {
	lost, err := c.rolledBack()
	if err == nil {
		_, err = c.restore(lost[0])
	}
	if err != nil {
		return nil
	}
	return lost
}

// Geometry finds out for which geometry the chain on a device was written, by
// the header of the first entry or by what the back buffer holds. ok is false
// when there is no chain.
func Geometry(dev flash.Device) (eraseSize, writeSize int, ok bool) {
	if h := headerAt(dev, 0); h != nil {
		return h.EraseSize, h.WriteSize, true
	}
	size := dev.Geometry().Size
	tail := readWindow(dev, max(0, size-geometryTail), size)
	var other window
	for _, e := range eraseSizes(size) {
		end := size - size%e
		first := max(0, end-copySlots*largestSlot(e))
		near := &tail
		if first < tail.from {
			if near = &other; first < other.from || end > other.to {
				other = readWindow(dev, first, end)
			}
		}
		for slot := int64(minSlotSize); slot <= flash.MaxWriteSize && e%slot == 0; slot *= 2 {
			for i := int64(copySlots); i > 0; i-- {
				r := startRecord(near.at(dev, end-i*slot))
				if r.kind == 0 {
					continue
				}
				if h := headerAt(dev, end-int64(r.blocks)*e); h != nil && int64(h.EraseSize) == e {
					return h.EraseSize, h.WriteSize, true
				}
			}
		}
	}
	return 0, 0, false
}

// largestSlot returns the size of the largest slot that an erase block of e bytes
// can have, in bytes.
func largestSlot(e int64) int64 {
	slot := int64(minSlotSize)
	for slot < flash.MaxWriteSize && e%(2*slot) == 0 {
		slot *= 2
	}
	return slot
}

// eraseSizes lists the sizes of erase blocks that flash of a size can have, in
// bytes: powers of two, and such less the two pages that UBI takes of each.
func eraseSizes(size int64) []int64 {
	var list []int64
	for e := int64(flash.MinEraseSize); e <= flash.MaxEraseSize; e *= 2 {
		for _, page := range []int64{0, 512, 2048, 4096} {
			if n := e - 2*page; n >= flash.MinEraseSize && n <= size {
				list = append(list, n)
			}
		}
	}
	return list
}

func headerAt(dev flash.Device, off int64) *Header {
	var raw [HeaderSize]byte
	if off < 0 || off+HeaderSize > dev.Geometry().Size {
		return nil
	}
	if _, err := dev.ReadAt(raw[:], off); err != nil {
		return nil
	}
	h, err := decodeHeader(raw[:])
	if err != nil {
		return nil
	}
	return h
}

// OpenFlash opens the device at path as flash.Open does; the geometry of a file
// or block device is the one that the chain there was written for. If o names
// another, the error wraps ErrGeometry: half of a chain would not be seen.
func OpenFlash(path string, o *flash.Options) (flash.Device, error) {
	if o == nil {
		o = &flash.Options{}
	}
	if flash.HasGeometry(path) {
		return flash.Open(path, o)
	}
	want := *o
	probe, err := flash.Open(path, &flash.Options{ReadOnly: true, EraseSize: flash.MinEraseSize, WriteSize: 1})
	if err != nil {
		return nil, err
	}
	defer probe.Close() // only then: the kernel forgets what it has read of a disk that nobody has open
	if e, w, ok := Geometry(probe); ok {
		if o.EraseSize != 0 && o.EraseSize != e || o.WriteSize != 0 && o.WriteSize != w {
			return nil, fmt.Errorf("%w: %s was written for erase blocks of %d bytes and write units of %d", ErrGeometry, path, e, w)
		}
		want.EraseSize, want.WriteSize = e, w
	}
	return flash.Open(path, &want)
}
