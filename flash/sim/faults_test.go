package sim_test

import (
	"bytes"
	"errors"
	"math/bits"
	"testing"

	"chainroot/flash/sim"
)

var errBroken = errors.New("broken")

func TestGrowBad(t *testing.T) {
	unit := make([]byte, 512)
	for _, k := range sim.Kinds {
		d := sim.NewKind(k, shape)
		d.FailAt(1, errBroken)
		must(t, d.Program(unit, 0))
		if err := d.Program(unit, 8192); !errors.Is(err, errBroken) {
			t.Fatalf("%s: %v", k, err)
		}
		if got := at(t, d, 8192, 512); bytes.Equal(got, unit) || bytes.Equal(got, ones(512)) {
			t.Errorf("%s: no garbage", k)
		}
		if !violates(func() { d.Program(unit, 8192) }) {
			t.Errorf("%s: programmed again", k)
		}
		if err := d.Erase(1); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", k, err)
		}
		if got := at(t, d, 8192, 8192); bytes.Contains(got, ones(64)) {
			t.Errorf("%s: an erase that failed has erased", k)
		}
		if !violates(func() { d.Program(unit, 8192) }) {
			t.Errorf("%s: programmed after an erase that failed", k)
		}
		must(t, d.Program(unit, 512))
		err := d.MarkBad(1)
		bad, _ := d.IsBad(1)
		if (err == nil) != (k == sim.NAND) || bad != (k == sim.NAND) {
			t.Errorf("%s: %v, marked %v", k, err, bad)
		}
	}
}

func TestFailBlock(t *testing.T) {
	unit := make([]byte, 256)
	d := sim.New(shape)
	d.FailBlock(1, errBroken)
	if err := d.Program(unit, 8192); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if err := d.Erase(1); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	d.FailBlock(1, nil)
	if n := d.Counts().Ops(); n != 0 {
		t.Errorf("%d operations", n)
	}
	must(t, d.Program(unit, 8192))
}

func TestDeaf(t *testing.T) {
	old, data := bytes.Repeat([]byte{0x3C}, 256), bytes.Repeat([]byte{0x0F}, 256)
	for _, c := range []struct {
		name  string
		deaf  func(d *sim.Device)
		value byte
	}{
		{"both", func(d *sim.Device) { d.Deafen(0) }, 0x3C},
		{"erase", func(d *sim.Device) { d.DeafErase(0) }, 0x0C},
		{"program", func(d *sim.Device) { d.DeafProgram(0) }, 0xFF},
	} {
		d := sim.New(shape)
		must(t, d.Program(old, 0))
		c.deaf(d)
		must(t, d.Erase(0), d.Program(data, 0), d.Program(data, 0))
		if got := at(t, d, 0, 1); got[0] != c.value {
			t.Errorf("%s: %x", c.name, got)
		}
	}
}

func TestFailRead(t *testing.T) {
	d := sim.New(shape)
	d.FailRead(8192+100, errBroken)
	at(t, d, 8192, 100)
	f := d.Fork()
	for _, d := range []*sim.Device{d, f} {
		if _, err := d.ReadAt(make([]byte, 2), 8192+99); !errors.Is(err, errBroken) {
			t.Error(err)
		}
	}
	must(t, d.Erase(1))
	at(t, d, 8192, 200)
	if _, err := f.ReadAt(make([]byte, 200), 8192); err == nil {
		t.Error("an erase of the base healed the fork")
	}
}

func TestFlip(t *testing.T) {
	d := sim.New(shape)
	d.Flip(300, 4)
	if got := at(t, d, 300, 1); got[0] != 0xEF {
		t.Errorf("%x", got)
	}
	must(t, d.Program(ones(256), 256))
	if got := at(t, d, 300, 1); got[0] != 0xEF {
		t.Errorf("after a program: %x", got)
	}
	must(t, d.Erase(0))
	if got := at(t, d, 300, 1); got[0] != 0xFF {
		t.Errorf("after an erase: %x", got)
	}
}

func TestLie(t *testing.T) {
	d, lies := sim.New(shape), 0
	d.Lie(10)
	for range 1000 {
		wrong := 0
		for _, b := range at(t, d, 0, 64) {
			wrong += bits.OnesCount8(^b)
		}
		if wrong > 4 {
			t.Fatalf("%d wrong bits", wrong)
		}
		if wrong > 0 {
			lies++
		}
	}
	if lies < 50 || lies > 200 {
		t.Errorf("%d lies in 1000 reads", lies)
	}
	if !bytes.Equal(d.Bytes(), ones(int(shape.Size))) {
		t.Error("a lie has stayed")
	}
}
