package chain

import "chainroot/flash"

// geometryTail is how much of the end of a device Geometry reads at once, in bytes: the
// slots of a copy lie there for nearly all erase blocks that the device can have.
// To read it takes a disk about as long as to read one slot.
const geometryTail = 1 << 20

// window is a part of a device that was read at once.
type window struct {
	from int64 // offset on the device, in bytes
	data []byte
}

// readWindow reads a device from one offset to another. What cannot be read as a
// whole leaves an empty window, and each place in it is read when it is asked for.
func readWindow(dev flash.Device, from, to int64) window {
	w := window{from, make([]byte, to-from)}
	if _, err := dev.ReadAt(w.data, from); err != nil {
		w.data = nil
	}
	return w
}

// end is the offset on the device where w ends, in bytes.
func (w *window) end() int64 { return w.from + int64(len(w.data)) }

// at returns the record slot at an offset on the device, as much of it as a record
// takes; nothing if it cannot be read.
func (w *window) at(dev flash.Device, off int64) []byte {
	if off >= w.from && off+recordSize <= w.end() {
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
