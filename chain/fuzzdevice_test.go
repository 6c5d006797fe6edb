package chain

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"

	"chainroot/flash"
)

// fuzzDevice is flash in memory that counts what is done to it. It judges
// nothing: package sim would panic at what hostile images lead to.
type fuzzDevice struct {
	g          flash.Geometry
	mem        []byte
	bad        []bool
	unreadable int // this block fails with EIO; negative: none does
	reads      int
	readBytes  int64
	writes     int
}

// maxReads ends a walk that does not end by itself.
const maxReads = 1 << 20

func newFuzzDevice(g flash.Geometry) *fuzzDevice {
	return &fuzzDevice{g: g, mem: bytes.Repeat([]byte{0xFF}, int(g.Size)), bad: make([]bool, g.Blocks()), unreadable: -1}
}

func (d *fuzzDevice) Geometry() flash.Geometry { return d.g }

func (d *fuzzDevice) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(p)) > d.g.Size {
		panic(fmt.Sprintf("read of %d bytes at %d, the device ends at %d", len(p), off, d.g.Size))
	}
	d.reads++
	d.readBytes += int64(len(p))
	if d.reads > maxReads {
		panic("reads without an end")
	}
	e := int64(d.g.EraseSize)
	if b := int64(d.unreadable); len(p) > 0 && off/e <= b && b <= (off+int64(len(p))-1)/e {
		return 0, syscall.EIO
	}
	return copy(p, d.mem[off:]), nil
}

func (d *fuzzDevice) Program(p []byte, off int64) error {
	e := int64(d.g.EraseSize)
	if w := int64(d.g.WriteSize); off < 0 || off+int64(len(p)) > d.g.Size || off%w != 0 || int64(len(p))%w != 0 ||
		len(p) > 0 && off/e != (off+int64(len(p))-1)/e || d.bad[off/e] {
		panic(fmt.Sprintf("program of %d bytes at %d", len(p), off))
	}
	d.writes++
	for i, b := range p {
		d.mem[off+int64(i)] &= b
	}
	return nil
}

func (d *fuzzDevice) Erase(block int) error {
	if d.bad[block] {
		panic(fmt.Sprintf("erase of bad block %d", block))
	}
	d.writes++
	copy(d.mem[block*d.g.EraseSize:], bytes.Repeat([]byte{0xFF}, d.g.EraseSize))
	return nil
}

func (d *fuzzDevice) IsBad(block int) (bool, error) { return d.bad[block], nil }
func (d *fuzzDevice) MarkBad(block int) error       { return errors.ErrUnsupported }
func (d *fuzzDevice) Sync() error                   { return nil }
func (d *fuzzDevice) Close() error                  { return nil }

// clone returns a device with the same content and all counts zero.
func (d *fuzzDevice) clone() *fuzzDevice {
	c := *d
	c.mem = bytes.Clone(d.mem)
	c.reads, c.readBytes, c.writes = 0, 0, 0
	return &c
}
