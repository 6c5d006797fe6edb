package sim

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
)

// OpKind is what an operation does.
type OpKind int

const (
	OpProgram OpKind = iota
	OpErase
	OpSync
	OpMarkBad
)

func (k OpKind) String() string {
	return [...]string{"program", "erase", "sync", "mark"}[k]
}

// Op is an operation that changes the flash, or makes changes durable.
type Op struct {
	Kind  OpKind
	Block int    // the erase block; not of a sync
	Off   int64  // of a program, in bytes from the start of the device
	Data  []byte // of a program; not to be changed
	Err   error  // how it failed; nil: it did not
	Seed  uint64 // of what the failure left behind
}

func (o Op) String() string {
	switch o.Kind {
	case OpProgram:
		return fmt.Sprintf("program of %d bytes at %d", len(o.Data), o.Off)
	case OpSync:
		return "sync"
	}
	return fmt.Sprintf("%s of block %d", o.Kind, o.Block)
}

// Program programs whole write units of one erase block: it clears the bits
// that are 0 in p. On a block device it overwrites.
func (d *Device) Program(p []byte, off int64) error {
	if d.off {
		return ErrPowerCut
	}
	if len(p) == 0 {
		return nil
	}
	if d.recording || d.kind == Block {
		p = bytes.Clone(p)
	}
	block, _ := d.split(off)
	return d.do(Op{Kind: OpProgram, Block: block, Off: off, Data: p})
}

// Erase sets all bytes of a block to 0xFF.
func (d *Device) Erase(block int) error { return d.do(Op{Kind: OpErase, Block: block}) }

// Sync makes the writes so far durable, on a block device; elsewhere they are.
func (d *Device) Sync() error { return d.do(Op{Kind: OpSync}) }

// MarkBad marks a block, on NAND; other kinds have no bad blocks, and it fails.
func (d *Device) MarkBad(block int) error {
	if !d.off && !d.kind.marksBad() {
		return fmt.Errorf("cannot mark block %d bad: %w", block, errors.ErrUnsupported)
	}
	return d.do(Op{Kind: OpMarkBad, Block: block})
}

// IsBad reports whether a block was made bad by SetBad or MarkBad.
func (d *Device) IsBad(block int) (bool, error) {
	if d.off {
		return false, ErrPowerCut
	}
	d.checkBlock("question for the mark", block)
	return d.slots[block].bad, nil
}

// do checks op, cuts the power in it or lets it fail if that was planned, takes
// it down and lets it happen.
func (d *Device) do(op Op) error {
	if d.off {
		return ErrPowerCut
	}
	d.check(op)
	if err := d.refused(op); err != nil {
		return err
	}
	if d.strike(op) {
		return ErrPowerCut
	}
	if op.Err == nil {
		d.fault(&op)
	}
	if d.recording {
		d.trace = append(d.trace, op)
	}
	d.tally(op)
	d.apply(op)
	return op.Err
}

// apply lets op happen, as far as it does not fail.
func (d *Device) apply(op Op) {
	if op.Kind != OpSync && op.Err != nil {
		d.grow(op.Block, op.Err)
	}
	switch op.Kind {
	case OpProgram:
		d.program(op)
	case OpErase:
		d.erase(op)
	case OpSync:
		d.sync(op)
	case OpMarkBad:
		if op.Err == nil {
			d.slots[op.Block].bad = true
		}
	}
}

func (d *Device) program(op Op) {
	s := &d.slots[op.Block]
	_, in := d.split(op.Off)
	switch {
	case s.deafProgram:
	case d.kind == Block:
		if op.Err != nil {
			op.Data = bytes.Clone(op.Data)
			scatter(source(op.Seed), op.Data)
		}
		d.hold(op)
		d.put(op.Block, in, op.Data)
	case op.Err != nil:
		r := source(op.Seed)
		d.tearProgram(op, Cut{Units: int(r.Uint64() % uint64(d.units(op))), Form: Bits}, r)
	default:
		d.clear(op.Block, in, op.Data)
	}
	s.next = max(s.next, int32(in+len(op.Data)))
}

func (d *Device) erase(op Op) {
	s := &d.slots[op.Block]
	if s.deafErase {
		return
	}
	d.faults.heal(op.Block, d.g.EraseSize)
	if d.kind == Block {
		d.hold(op)
	}
	s.wear++
	s.data, s.next, s.fading, s.torn = nil, 0, 0, op.Err != nil
	if s.torn {
		d.fill(op.Block, 0, d.g.EraseSize, d.stock.rubble(op.Seed))
	}
}

// units returns how many write units a program has.
func (d *Device) units(op Op) int { return len(op.Data) / d.g.WriteSize }

// source returns chance for what is not drawn by reads.
func source(seed uint64) *rand.PCG { return rand.NewPCG(seed, 0xD1B54A32D192ED03) }
