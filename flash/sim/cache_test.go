package sim_test

import (
	"bytes"
	"errors"
	"testing"

	"chainroot/flash/sim"
)

// writes returns a block device with three programs that are not durable, each
// in a block of its own, and an erase of a block with durable content.
func writes(t testing.TB) *sim.Device {
	d := sim.NewKind(sim.Block, shape)
	must(t, d.Program(bytes.Repeat([]byte{9}, 2048), 3*8192), d.Sync())
	for i := range 3 {
		must(t, d.Program(bytes.Repeat([]byte{byte(i)}, 2048), int64(i)*8192))
	}
	must(t, d.Erase(3))
	return d
}

var sync = sim.Op{Kind: sim.OpSync}

// kept reports which writes of the device that writes returns are complete.
func kept(d *sim.Device) (mask int, partly bool) {
	b := d.Bytes()
	for i := range 4 {
		part, want := b[i*8192:i*8192+2048], bytes.Repeat([]byte{byte(i)}, 2048)
		before := ones(2048)
		if i == 3 {
			want, before = before, bytes.Repeat([]byte{9}, 2048)
		}
		switch {
		case bytes.Equal(part, want):
			mask |= 1 << i
		case !bytes.Equal(part, before):
			partly = true
		}
	}
	return mask, partly
}

// TestReorder: any subset of the writes since the last sync persists.
func TestReorder(t *testing.T) {
	base := writes(t)
	if mask, _ := kept(base); mask != 15 {
		t.Fatal("a write does not show before the cut")
	}
	seen, torn := map[int]bool{}, 0
	for seed := range uint64(600) {
		d := base.Fork()
		d.Tear(sync, sim.Cut{Form: sim.Bits, Seed: seed})
		mask, partly := kept(d)
		seen[mask] = true
		if partly {
			torn++
		}
		before := d.Bytes()
		if !bytes.Equal(before, d.Bytes()) {
			t.Fatal("unstable content")
		}
	}
	if len(seen) != 16 || torn < 100 {
		t.Errorf("%d of 16 subsets, %d with a torn write", len(seen), torn)
	}
	for _, c := range []struct {
		cut  sim.Cut
		want int
	}{
		{sim.Cut{Form: sim.Before}, 0},
		{sim.Cut{Form: sim.Half}, 3},
		{sim.Cut{Form: sim.After}, 15},
		{sim.Cut{Form: sim.Only, Units: 2}, 4},
		{sim.Cut{Form: sim.Lost, Units: 0}, 14},
	} {
		d := base.Fork()
		d.Tear(sync, c.cut)
		if mask, partly := kept(d); mask != c.want || partly {
			t.Errorf("%s: %b, want %b", c.cut, mask, c.want)
		}
	}
	must(t, base.Sync())
	base.Tear(sync, sim.Cut{Form: sim.Before})
	if mask, _ := kept(base); mask != 15 {
		t.Error("a cut after a sync took what was durable")
	}
}

// TestUnsynced: what an erase that was not durable has left can be written over,
// a unit that was not durable and shows is not programmed again.
func TestUnsynced(t *testing.T) {
	unit := make([]byte, 256)
	d := writes(t)
	d.Tear(sync, sim.Cut{Form: sim.Lost, Units: 0})
	must(t, d.Program(unit, 3*8192))
	at(t, d, 0, 256)
	must(t, d.Program(unit, 0)) // lost, and reads blank
	at(t, d, 8192, 256)
	if !violates(func() { d.Program(unit, 8192) }) {
		t.Error("programmed again although it showed")
	}
	must(t, d.Program(unit, 8192+2048))
}

// TestFailingSync loses some of the writes, at once.
func TestFailingSync(t *testing.T) {
	broken, lost := errors.New("broken"), 0
	for seed := range uint64(20) {
		d := writes(t)
		d.Seed(seed)
		d.FailSync(0, broken)
		if err := d.Sync(); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		must(t, d.Sync())
		if mask, _ := kept(d); mask != 15 {
			lost++
		}
	}
	if lost < 10 {
		t.Errorf("lost something %d times of 20", lost)
	}
}

// TestLiveCutOfABlockDevice: the write that the cut hits is one of those that
// may persist.
func TestLiveCutOfABlockDevice(t *testing.T) {
	unit := make([]byte, 256)
	seen := map[bool]bool{}
	for seed := range uint64(40) {
		d := sim.NewKind(sim.Block, shape)
		d.CutAfter(0, sim.Bits, seed)
		if err := d.Program(unit, 0); !errors.Is(err, sim.ErrPowerCut) {
			t.Fatal(err)
		}
		d.PowerOn()
		seen[bytes.Equal(at(t, d, 0, 256), ones(256))] = true
	}
	if len(seen) != 2 {
		t.Error("always the same")
	}
}
