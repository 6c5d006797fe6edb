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
	Back                 *Entry // what the back buffer holds a copy of, or nil
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
		Back:      c.copy,
	}
	if e := c.standing; e != nil && e.retired() && c.Volatile() == nil {
		s.RolledBack = int(e.last.arg)
	}
	return s
}

// Geometry finds out for which geometry the chain on a device was written, by
// the header of the first entry or by what the back buffer holds. ok is false
// when there is no chain.
func Geometry(dev flash.Device) (eraseSize, writeSize int, ok bool) {
	if h := headerAt(dev, 0); h != nil {
		return h.EraseSize, h.WriteSize, true
	}
	size := dev.Geometry().Size
	var b [recordSize]byte
	for e := int64(flash.MinEraseSize); e <= size && e <= flash.MaxEraseSize; e *= 2 {
		for slot := int64(minSlotSize); slot <= flash.MaxWriteSize; slot *= 2 {
			end := size - size%e
			if end < copySlots*slot {
				continue
			}
			if _, err := dev.ReadAt(b[:], end-copySlots*slot); err != nil {
				continue
			}
			if r, ok := decodeRecord(b[:]); ok {
				if h := headerAt(dev, end-int64(r.arg)*e); h != nil && int64(h.EraseSize) == e {
					return h.EraseSize, h.WriteSize, true
				}
			}
		}
	}
	return 0, 0, false
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

// OpenFlash opens the device at path as flash.Open does; where o leaves the
// geometry of a file or block device open, it is the one that the chain there
// was written for.
func OpenFlash(path string, o *flash.Options) (flash.Device, error) {
	if o == nil {
		o = &flash.Options{}
	}
	want := *o
	if want.EraseSize == 0 && want.WriteSize == 0 {
		probe, err := flash.Open(path, &flash.Options{ReadOnly: true, EraseSize: flash.MinEraseSize, WriteSize: 1})
		if err != nil {
			return nil, err
		}
		if e, w, ok := Geometry(probe); ok {
			want.EraseSize, want.WriteSize = e, w
		}
		if err := probe.Close(); err != nil {
			return nil, fmt.Errorf("cannot close flash: %w", err)
		}
	}
	return flash.Open(path, &want)
}
