package chain

import "chainroot/flash"

// geometryTail is how much of the end of a device Geometry reads at once, in bytes: the
// slots of a copy lie there for nearly all erase blocks that the device can have.
// To read it takes a disk about as long as to read one slot.
const geometryTail = 1 << 20

// window is a part of a device that was read before its places are asked for.
type window struct {
	from, to int64  // offsets on the device, in bytes
	data     []byte // nil: one byte over and over
}

// readWindow reads a device from one offset to another. What cannot be read as a
// whole leaves an empty window, and each place in it is read when it is asked for.
func readWindow(dev flash.Device, from, to int64) window {
	w := window{from: from, to: to}
	if monotonous(dev, from, to) {
		return w
	}
	w.data = make([]byte, to-from)
	if _, err := dev.ReadAt(w.data, from); err != nil {
		w.to = from
	}
	return w
}

// monotonous reports whether a part of a device holds one byte over and over, as where
// nothing was written yet. It takes little memory: new memory costs more than to read a
// second time.
func monotonous(dev flash.Device, from, to int64) bool {
	for b := make([]byte, 32<<10); from < to; from += int64(len(b)) {
		b = b[:min(int64(len(b)), to-from)]
		if _, err := dev.ReadAt(b, from); err != nil || !filled(b, b[0]) {
			return false
		}
	}
	return true
}

// at returns the record slot at an offset on the device, as much of it as a record
// takes; nothing if it cannot be read, or cannot be a record.
func (w *window) at(dev flash.Device, off int64) []byte {
	if off >= w.from && off+recordSize <= w.to {
		if w.data == nil {
			return nil
		}
		in := off - w.from
		return w.data[in : in+recordSize]
	}
	var b [recordSize]byte
	if off < 0 {
		return nil
	}
	if _, err := dev.ReadAt(b[:], off); err != nil {
		return nil
	}
	return b[:]
}
