// Package sim is a flash device in RAM for tests. It panics with a Violation
// when the code above it breaks a rule of the flash it plays, counts every
// operation, and cuts the power before, in the middle of, or after any of
// them.
package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"chainroot/flash"
)

// ErrPowerCut is returned by every operation from the cut on, until PowerOn.
var ErrPowerCut = errors.New("power cut")

// Violation is what the device panics with: a rule of flash was broken.
type Violation string

func (v Violation) Error() string { return string(v) }

// Counts are the operations since New or the last ResetCounts.
type Counts struct {
	Reads, Programs, Erases, Syncs int
	ReadBytes, ProgrammedBytes     int64
}

// Ops returns how many operations changed the flash: what a power cut can hit.
func (c Counts) Ops() int { return c.Programs + c.Erases }

// Tear is how much of the operation that the cut hits still happens.
type Tear int

const (
	Before Tear = iota // nothing of it
	Half               // a program: the first half of its bytes; an erase: the second half of the block
	Bits               // a random subset of its bits; an erase: every byte random
	After              // all of it, but nobody is told
)

// Tears are all kinds of Tear.
var Tears = []Tear{Before, Half, Bits, After}

// Device is a simulated flash.
type Device struct {
	g       flash.Geometry
	mem     []byte
	used    []bool // by write unit: programmed since the last erase
	next    []int  // by block: the lowest unit that may still be programmed
	bad     []bool
	count   Counts
	cutAt   int // operations until the cut; negative: none
	tear    Tear
	off     bool
	rnd     *rand.Rand
	failing map[int]error // Program and Erase of these blocks fail
	deaf    map[int]bool  // Program and Erase of these blocks do nothing
}

// New returns an erased device of geometry g.
func New(g flash.Geometry) *Device {
	if err := g.Check(); err != nil {
		panic(err)
	}
	d := &Device{
		g:     g,
		mem:   make([]byte, g.Size),
		used:  make([]bool, g.Size/int64(g.WriteSize)),
		next:  make([]int, g.Blocks()),
		bad:   make([]bool, g.Blocks()),
		cutAt: -1,
		rnd:   rand.New(rand.NewPCG(1, 2)),
	}
	for i := range d.mem {
		d.mem[i] = 0xFF
	}
	return d
}

// Clone returns a device with the same content, with the power on, no cut
// planned and all counts zero.
func (d *Device) Clone() *Device {
	c := *d
	c.mem = append([]byte(nil), d.mem...)
	c.used = append([]bool(nil), d.used...)
	c.next = append([]int(nil), d.next...)
	c.bad = append([]bool(nil), d.bad...)
	c.rnd = rand.New(rand.NewPCG(1, 2))
	c.failing, c.deaf = nil, nil
	c.PowerOn()
	c.ResetCounts()
	return &c
}

// CutAfter cuts the power at the operation that follows n more, which happens
// as far as t says. seed chooses the bits of a torn one.
func (d *Device) CutAfter(n int, t Tear, seed uint64) {
	d.cutAt, d.tear = n, t
	d.rnd = rand.New(rand.NewPCG(seed, uint64(n)))
}

// PowerOn ends a power cut; no other is planned.
func (d *Device) PowerOn() { d.off, d.cutAt = false, -1 }

// Counts returns the operations so far.
func (d *Device) Counts() Counts { return d.count }

// ResetCounts starts counting anew.
func (d *Device) ResetCounts() { d.count = Counts{} }

// Bytes returns the content itself, for tests that damage or compare it.
func (d *Device) Bytes() []byte { return d.mem }

// SetBad makes a block bad, as from the factory.
func (d *Device) SetBad(block int) { d.bad[block] = true }

// FailBlock makes every Program and Erase of a block return err; nil ends it.
func (d *Device) FailBlock(block int, err error) {
	if d.failing == nil {
		d.failing = map[int]error{}
	}
	d.failing[block] = err
}

// Deafen makes every Program and Erase of a block do nothing, and say nothing.
func (d *Device) Deafen(block int) {
	if d.deaf == nil {
		d.deaf = map[int]bool{}
	}
	d.deaf[block] = true
}

func (d *Device) Geometry() flash.Geometry { return d.g }

func (d *Device) ReadAt(p []byte, off int64) (int, error) {
	if d.off {
		return 0, ErrPowerCut
	}
	if off < 0 || off+int64(len(p)) > d.g.Size {
		panic(Violation(fmt.Sprintf("read of %d bytes at %d, the device ends at %d", len(p), off, d.g.Size)))
	}
	d.count.Reads++
	d.count.ReadBytes += int64(len(p))
	return copy(p, d.mem[off:]), nil
}

func (d *Device) Program(p []byte, off int64) error {
	if d.off {
		return ErrPowerCut
	}
	if len(p) == 0 {
		return nil
	}
	if block := int(off / int64(d.g.EraseSize)); d.failing[block] != nil || d.deaf[block] {
		return d.failing[block]
	}
	block := d.checkProgram(p, off)
	n, torn := len(p), d.strike()
	mask := func(b byte) byte { return b }
	if torn {
		switch d.tear {
		case Before:
			return ErrPowerCut
		case Half:
			n = len(p) / 2
		case Bits:
			mask = func(b byte) byte { return b | byte(d.rnd.Uint32()) }
		}
	}
	for i := range n {
		d.mem[off+int64(i)] &= mask(p[i])
	}
	ws := int64(d.g.WriteSize)
	for u := off / ws; u < (off+int64(n)+ws-1)/ws; u++ {
		d.used[u] = true
	}
	perBlock := d.g.EraseSize / d.g.WriteSize
	d.next[block] = int((off+int64(len(p)))/ws) - block*perBlock
	if torn {
		return ErrPowerCut
	}
	d.count.Programs++
	d.count.ProgrammedBytes += int64(len(p))
	return nil
}

// checkProgram panics when the program breaks a rule, and returns its block.
func (d *Device) checkProgram(p []byte, off int64) int {
	g, ws := d.g, int64(d.g.WriteSize)
	end := off + int64(len(p))
	if off < 0 || end > g.Size || off%ws != 0 || end%ws != 0 || off/int64(g.EraseSize) != (end-1)/int64(g.EraseSize) {
		panic(Violation(fmt.Sprintf("program of %d bytes at %d: outside, unaligned or over the end of a block", len(p), off)))
	}
	block := int(off / int64(g.EraseSize))
	if d.bad[block] {
		panic(Violation(fmt.Sprintf("program of bad block %d", block)))
	}
	unit := int(off/ws) - block*(g.EraseSize/g.WriteSize)
	if unit < d.next[block] {
		panic(Violation(fmt.Sprintf("unit %d of block %d programmed after unit %d", unit, block, d.next[block]-1)))
	}
	for u := off / ws; u < end/ws; u++ {
		if d.used[u] {
			panic(Violation(fmt.Sprintf("write unit at %d programmed twice", u*ws)))
		}
	}
	return block
}

func (d *Device) Erase(block int) error {
	if d.off {
		return ErrPowerCut
	}
	if block < 0 || block >= d.g.Blocks() || d.bad[block] {
		panic(Violation(fmt.Sprintf("erase of block %d: outside or bad", block)))
	}
	if err := d.failing[block]; err != nil || d.deaf[block] {
		return err
	}
	torn := d.strike()
	if torn && d.tear == Before {
		return ErrPowerCut
	}
	es, perBlock := d.g.EraseSize, d.g.EraseSize/d.g.WriteSize
	data := d.mem[block*es : (block+1)*es]
	switch {
	case torn && d.tear == Half:
		data = data[es/2:]
		fallthrough
	default:
		for i := range data {
			data[i] = 0xFF
		}
	case torn && d.tear == Bits:
		for i := range data {
			data[i] = byte(d.rnd.Uint32())
		}
	}
	if torn && d.tear != After {
		// Not erased in full: nothing may be programmed here before it is.
		d.next[block] = perBlock
		return ErrPowerCut
	}
	clear(d.used[block*perBlock : (block+1)*perBlock])
	d.next[block] = 0
	if torn {
		return ErrPowerCut
	}
	d.count.Erases++
	return nil
}

// strike counts down to the cut and reports whether it is now.
func (d *Device) strike() bool {
	if d.cutAt < 0 {
		return false
	}
	d.cutAt--
	if d.cutAt >= 0 {
		return false
	}
	d.off = true
	return true
}

func (d *Device) IsBad(block int) (bool, error) {
	if d.off {
		return false, ErrPowerCut
	}
	return d.bad[block], nil
}

func (d *Device) MarkBad(block int) error {
	if d.off {
		return ErrPowerCut
	}
	d.bad[block] = true
	return nil
}

func (d *Device) Sync() error {
	if d.off {
		return ErrPowerCut
	}
	d.count.Syncs++
	return nil
}

func (d *Device) Close() error { return nil }
