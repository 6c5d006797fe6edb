package sim_test

import (
	"bytes"
	"testing"

	"chainroot/flash"
	"chainroot/flash/sim"
)

var shape = flash.Geometry{Size: 4 * 8192, EraseSize: 8192, WriteSize: 256}

// violates reports whether f makes the device panic.
func violates(f func()) (violated bool) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case sim.Violation:
			violated = true
		default:
			panic(v)
		}
	}()
	f()
	return false
}

// must ends a test when an operation fails that should not.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func at(t testing.TB, d *sim.Device, off int64, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	if _, err := d.ReadAt(p, off); err != nil {
		t.Fatal(err)
	}
	return p
}

func ones(n int) []byte { return bytes.Repeat([]byte{0xFF}, n) }

// program returns an operation for Tear.
func program(p []byte, off int64) sim.Op {
	return sim.Op{Kind: sim.OpProgram, Block: int(off) / shape.EraseSize, Off: off, Data: p}
}

// TestRules breaks each rule of flash once, on each kind.
func TestRules(t *testing.T) {
	unit := make([]byte, 256)
	for _, k := range sim.Kinds {
		for _, c := range []struct {
			name   string
			broken func(d *sim.Device)
		}{
			{"unit twice", func(d *sim.Device) { d.Program(unit, 0); d.Program(unit, 0) }},
			{"unit of ones twice", func(d *sim.Device) { d.Program(ones(256), 0); d.Program(unit, 0) }},
			{"falling order", func(d *sim.Device) { d.Program(unit, 512); d.Program(unit, 256) }},
			{"half a unit", func(d *sim.Device) { d.Program(unit[:100], 0) }},
			{"unaligned", func(d *sim.Device) { d.Program(unit, 100) }},
			{"over the end of a block", func(d *sim.Device) { d.Program(make([]byte, 512), 8192-256) }},
			{"behind the end", func(d *sim.Device) { d.Program(unit, 4*8192) }},
			{"before the start", func(d *sim.Device) { d.Program(unit, -256) }},
			{"program of a bad block", func(d *sim.Device) { d.SetBad(1); d.Program(unit, 8192) }},
			{"erase of a bad block", func(d *sim.Device) { d.SetBad(1); d.Erase(1) }},
			{"erase behind the end", func(d *sim.Device) { d.Erase(4) }},
			{"erase before the start", func(d *sim.Device) { d.Erase(-1) }},
			{"mark behind the end", func(d *sim.Device) { d.IsBad(4) }},
			{"read behind the end", func(d *sim.Device) { d.ReadAt(unit, 4*8192-10) }},
			{"read before the start", func(d *sim.Device) { d.ReadAt(unit, -1) }},
			{"what an image holds", func(d *sim.Device) { d.Load(unit); d.Program(unit, 0) }},
		} {
			if !violates(func() { c.broken(sim.NewKind(k, shape)) }) {
				t.Errorf("%s: %s: allowed", k, c.name)
			}
		}
		ok := func() {
			d := sim.NewKind(k, shape)
			must(t, d.Program(unit, 0), d.Program(unit, 512), d.Program(nil, 0), d.Erase(0), d.Program(unit, 0))
		}
		if violates(ok) {
			t.Errorf("%s: what is allowed was refused", k)
		}
	}
}

// TestTornErase: the block must be erased before it is programmed.
func TestTornErase(t *testing.T) {
	unit := make([]byte, 256)
	erase := sim.Op{Kind: sim.OpErase}
	for _, f := range []sim.Form{sim.Half, sim.FirstHalf, sim.ZeroTail, sim.Bits, sim.Unstable} {
		d := sim.New(shape)
		must(t, d.Program(unit, 0))
		d.Tear(erase, sim.Cut{Form: f, Seed: 1})
		if !violates(func() { d.Program(unit, 8192-256) }) {
			t.Errorf("%s: programmed", f)
		}
		must(t, d.Erase(0), d.Program(unit, 0))
	}
	d := sim.New(shape)
	must(t, d.Program(unit, 0))
	d.Tear(erase, sim.Cut{Form: sim.Before})
	must(t, d.Program(unit, 256))
	if !violates(func() { d.Program(unit, 0) }) {
		t.Error("an erase that did nothing has forgotten what was programmed")
	}
	d.Tear(erase, sim.Cut{Form: sim.After})
	must(t, d.Program(unit, 0))
}

// TestTornUnit programs a unit that a cut has hit: allowed as long as it reads
// blank, a violation from the first read on that shows more.
func TestTornUnit(t *testing.T) {
	unit := make([]byte, 256)
	for _, f := range []sim.Form{sim.Half, sim.Bits, sim.Weak} {
		d := sim.New(shape)
		d.Tear(program(unit, 0), sim.Cut{Form: f, Seed: 3})
		blind := d.Fork()
		must(t, blind.Program(unit, 0))
		if bytes.Equal(at(t, d, 0, 256), ones(256)) {
			t.Fatalf("%s: nothing shows", f)
		}
		if !violates(func() { d.Program(unit, 0) }) {
			t.Errorf("%s: programmed although it showed", f)
		}
		must(t, d.Program(unit, 256))
	}
	blank, shown := 0, 0
	for seed := range uint64(64) {
		d := sim.New(shape)
		d.Tear(program(unit, 0), sim.Cut{Form: sim.Faint, Seed: seed})
		looksBlank := bytes.Equal(at(t, d, 0, 256), ones(256))
		if violates(func() { d.Program(unit, 0) }) == looksBlank {
			t.Fatalf("seed %d: reads blank: %v", seed, looksBlank)
		}
		if looksBlank {
			blank++
		} else {
			shown++
		}
	}
	if blank == 0 || shown == 0 {
		t.Errorf("%d read blank, %d not", blank, shown)
	}
}

// TestPoison programs over a torn unit that reads blank: the new bits hold, the
// old ones mix in.
func TestPoison(t *testing.T) {
	old, data := make([]byte, 256), bytes.Repeat([]byte{0xF0}, 256)
	d := sim.New(shape)
	d.Tear(program(old, 0), sim.Cut{Form: sim.Bits, Seed: 5})
	must(t, d.Program(data, 0))
	first, second := at(t, d, 0, 256), at(t, d, 0, 256)
	for i := range first {
		if first[i]&^data[i] != 0 || second[i]&^data[i] != 0 {
			t.Fatal("a bit that was programmed is not 0")
		}
	}
	if bytes.Equal(first, data) || bytes.Equal(first, second) {
		t.Error("the torn bits are gone")
	}
}
