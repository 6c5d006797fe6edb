package fstools

import (
	"fmt"

	"chainroot/flash"
)

// maxReach is how far fstools looks, in bytes: its offsets have 32 bits and a
// sign.
const maxReach = 1<<31 - 1

// stepMax is the largest erase block that entries are looked for on, in bytes,
// besides the device's own: the largest of a chip that Linux knows.
const stepMax = 4 << 20

// scan returns all headers on dev, in order. It looks wherever an erase block of
// the device, or of any power of two, can start.
func scan(dev flash.Device) ([]header, error) {
	g := dev.Geometry()
	step := int64(flash.MinEraseSize)
	if int64(g.EraseSize)%step != 0 {
		step = int64(g.EraseSize)
	}
	var all []header
	b := make([]byte, headerSize)
	for off := int64(0); off < min(g.Size, maxReach); off += step {
		if _, err := dev.ReadAt(b, off); err != nil {
			return nil, fmt.Errorf("cannot read the flash at offset %d: %w", off, err)
		}
		if h, ok := decodeHeader(b); ok {
			h.off = off
			all = append(all, h)
		}
	}
	return all, nil
}

// steps returns the sizes of erase blocks that an image may have been made for,
// in bytes: first that of the device.
func steps(g flash.Geometry) []int64 {
	all := []int64{int64(g.EraseSize)}
	if g.EraseSize%flash.MinEraseSize != 0 {
		return all
	}
	for s := int64(flash.MinEraseSize); s <= stepMax; s *= 2 {
		if s != all[0] {
			all = append(all, s)
		}
	}
	return all
}
