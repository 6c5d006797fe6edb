package chain

import (
	"fmt"

	"chainroot/flash"
)

// area is the erase blocks of a device that are not bad, as one row: block and
// offset in this package always mean a place in this row.
type area struct {
	dev  flash.Device
	g    flash.Geometry // Size without the bad blocks
	good []int          // the device's number of each block; nil: none is bad
}

// newArea asks the device for its bad blocks.
func newArea(dev flash.Device) (*area, error) {
	a := &area{dev: dev, g: dev.Geometry()}
	n := a.g.Blocks()
	for block := range n {
		bad, err := dev.IsBad(block)
		if err != nil {
			return nil, fmt.Errorf("cannot ask whether erase block %d is bad: %w", block, err)
		}
		switch {
		case bad && a.good == nil:
			a.good = make([]int, block, n)
			for i := range a.good {
				a.good[i] = i
			}
		case !bad && a.good != nil:
			a.good = append(a.good, block)
		}
	}
	if a.good != nil {
		a.g.Size = int64(len(a.good)) * int64(a.g.EraseSize)
	}
	return a, nil
}

func (a *area) blocks() int { return a.g.Blocks() }

// device returns the device's number of a block.
func (a *area) device(block int) int {
	if a.good == nil {
		return block
	}
	return a.good[block]
}

func (a *area) offset(block int) int64 { return int64(block) * int64(a.g.EraseSize) }

// split calls f for each part of n bytes at off that lies in one erase block,
// with the offset on the device.
func (a *area) split(n int, off int64, f func(from, to int, at int64) error) error {
	e := int64(a.g.EraseSize)
	for from := 0; from < n; {
		in := off % e
		to := min(from+int(e-in), n)
		if err := f(from, to, int64(a.device(int(off/e)))*e+in); err != nil {
			return err
		}
		off += int64(to - from)
		from = to
	}
	return nil
}

// ReadAt reads len(p) bytes at off. What cannot be read is tried again: a place
// that fails once is no damage, and what is damaged may be overwritten.
func (a *area) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(p)) > a.g.Size {
		return 0, fmt.Errorf("cannot read %d bytes at offset %d: the flash ends at %d", len(p), off, a.g.Size)
	}
	var err error
	for range rereads {
		if err = a.read(p, off); !unreadable(err) {
			break
		}
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read %d bytes at offset %d: %w", len(p), off, err)
	}
	return len(p), nil
}

// read reads a place once that cannot be read; what fails for another reason,
// such as a lack of memory, is tried again.
func (a *area) read(p []byte, off int64) error {
	var err error
	for range rereads {
		if err = a.readOnce(p, off); err == nil || unreadable(err) {
			break
		}
	}
	return err
}

func (a *area) readOnce(p []byte, off int64) error {
	if a.good == nil {
		_, err := a.dev.ReadAt(p, off)
		return err
	}
	return a.split(len(p), off, func(from, to int, at int64) error {
		_, err := a.dev.ReadAt(p[from:to], at)
		return err
	})
}

// program writes p at off, one erase block after the other.
func (a *area) program(p []byte, off int64) error {
	return a.split(len(p), off, func(from, to int, at int64) error {
		if err := a.dev.Program(p[from:to], at); err != nil {
			return fmt.Errorf("cannot program erase block %d: %w", at/int64(a.g.EraseSize), err)
		}
		return nil
	})
}

func (a *area) erase(block int) error {
	if err := a.dev.Erase(a.device(block)); err != nil {
		return fmt.Errorf("cannot erase block %d: %w", a.device(block), err)
	}
	return nil
}

func (a *area) sync() error {
	if err := a.dev.Sync(); err != nil {
		return fmt.Errorf("cannot sync the flash: %w", err)
	}
	return nil
}
