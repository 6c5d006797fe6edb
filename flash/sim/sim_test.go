package sim_test

import (
	"bytes"
	"errors"
	"testing"

	"chainroot/flash"
	"chainroot/flash/sim"
)

var shape = flash.Geometry{Size: 4 * 4096, EraseSize: 4096, WriteSize: 256}

// violates reports whether f makes the device panic.
func violates(f func()) (violated bool) {
	defer func() {
		_, violated = recover().(sim.Violation)
	}()
	f()
	return false
}

// TestRules breaks each rule of flash once.
func TestRules(t *testing.T) {
	unit := make([]byte, 256)
	for _, c := range []struct {
		name   string
		broken func(d *sim.Device)
	}{
		{"unit twice", func(d *sim.Device) { d.Program(unit, 0); d.Program(unit, 0) }},
		{"falling order", func(d *sim.Device) { d.Program(unit, 512); d.Program(unit, 256) }},
		{"half a unit", func(d *sim.Device) { d.Program(unit[:100], 0) }},
		{"unaligned", func(d *sim.Device) { d.Program(unit, 100) }},
		{"over the end of a block", func(d *sim.Device) { d.Program(make([]byte, 512), 4096-256) }},
		{"behind the end", func(d *sim.Device) { d.Program(unit, 4*4096) }},
		{"program of a bad block", func(d *sim.Device) { d.SetBad(1); d.Program(unit, 4096) }},
		{"erase of a bad block", func(d *sim.Device) { d.SetBad(1); d.Erase(1) }},
		{"erase behind the end", func(d *sim.Device) { d.Erase(4) }},
		{"read behind the end", func(d *sim.Device) { d.ReadAt(unit, 4*4096-10) }},
		{"program after a torn erase", func(d *sim.Device) {
			d.CutAfter(0, sim.Half, 1)
			d.Erase(0)
			d.PowerOn()
			d.Program(unit, 0)
		}},
	} {
		if !violates(func() { c.broken(sim.New(shape)) }) {
			t.Errorf("%s: allowed", c.name)
		}
	}
	ok := func() {
		d := sim.New(shape)
		d.Program(unit, 0)
		d.Program(unit, 512)
		d.Erase(0)
		d.Program(unit, 0)
	}
	if violates(ok) {
		t.Error("what is allowed was refused")
	}
}

func TestCuts(t *testing.T) {
	unit := bytes.Repeat([]byte{0x0F}, 512)
	for _, tear := range sim.Tears {
		d := sim.New(shape)
		d.CutAfter(1, tear, 7)
		if err := d.Program(unit[:256], 0); err != nil {
			t.Fatalf("the operation before the cut: %v", err)
		}
		if err := d.Program(unit, 4096); !errors.Is(err, sim.ErrPowerCut) {
			t.Fatalf("tear %d: %v", tear, err)
		}
		for _, err := range []error{d.Erase(0), d.Sync(), d.Program(unit, 8192)} {
			if !errors.Is(err, sim.ErrPowerCut) {
				t.Errorf("tear %d: without power: %v", tear, err)
			}
		}
		d.PowerOn()
		got := d.Bytes()[4096 : 4096+512]
		blank := bytes.Repeat([]byte{0xFF}, 512)
		switch tear {
		case sim.Before:
			if !bytes.Equal(got, blank) {
				t.Error("before: something was written")
			}
		case sim.After:
			if !bytes.Equal(got, unit) {
				t.Error("after: not all was written")
			}
		case sim.Half:
			if !bytes.Equal(got[:256], unit[:256]) || !bytes.Equal(got[256:], blank[256:]) {
				t.Error("half: not the first half")
			}
		case sim.Bits:
			if bytes.Equal(got, unit) || bytes.Equal(got, blank) {
				t.Error("bits: all or nothing")
			}
		}
		if n := d.Counts(); n.Programs != 1 || n.ProgrammedBytes != 256 {
			t.Errorf("counts %+v", n)
		}
	}
}
