package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"chainroot/flash"
	"chainroot/flash/sim"
)

// reads returns how often each content was read in n reads.
func reads(t testing.TB, d *sim.Device, off int64, size, n int) map[string]int {
	seen := map[string]int{}
	for range n {
		b := make([]byte, size)
		if _, err := d.ReadAt(b, off); err != nil {
			b = fmt.Append(nil, err, len(seen)) // as good as garbage
		}
		seen[string(b)]++
	}
	return seen
}

// TestCutAfter cuts live: operations before it happen, none after it.
func TestCutAfter(t *testing.T) {
	unit := bytes.Repeat([]byte{0x0F}, 512)
	for _, f := range sim.Tears {
		d := sim.New(shape)
		d.CutAfter(1, f, 7)
		must(t, d.Program(unit[:256], 0))
		for _, err := range []error{d.Program(unit, 8192), d.Erase(0), d.Sync(), d.Program(unit, 16384), d.MarkBad(0)} {
			if !errors.Is(err, sim.ErrPowerCut) {
				t.Fatalf("%s: %v", f, err)
			}
		}
		if _, err := d.ReadAt(make([]byte, 1), 0); !errors.Is(err, sim.ErrPowerCut) {
			t.Errorf("%s: read without power: %v", f, err)
		}
		d.PowerOn()
		got := at(t, d, 8192, 512)
		ok := map[sim.Form]bool{
			sim.Before: bytes.Equal(got, ones(512)),
			sim.Half:   bytes.Equal(got[:384], unit[:384]) && bytes.Equal(got[384:], ones(128)),
			sim.Bits:   !bytes.Equal(got, unit) && !bytes.Equal(got, ones(512)),
			sim.After:  bytes.Equal(got, unit),
		}
		if !ok[f] {
			t.Errorf("%s: % x", f, got)
		}
		if n := d.Counts(); n.Programs != 1 || n.ProgrammedBytes != 256 {
			t.Errorf("counts %+v", n)
		}
	}
}

// TestProgramForms checks what each form leaves of a program of three units,
// cut behind the first.
func TestProgramForms(t *testing.T) {
	data := bytes.Repeat([]byte{0x5A}, 3*256)
	whole, blank := string(data[:256]), string(ones(256))
	for _, k := range []sim.Kind{sim.NOR, sim.NORECC, sim.NAND, sim.UBI} {
		for _, c := range []struct {
			form sim.Form
			ok   func(seen map[string]int) bool
		}{
			{sim.Before, func(seen map[string]int) bool { return seen[blank] == 200 }},
			{sim.Half, func(seen map[string]int) bool { return seen[whole[:128]+blank[:128]] == 200 }},
			{sim.Bits, func(seen map[string]int) bool { return len(seen) > 100 && seen[whole] == 0 && seen[blank] == 0 }},
			{sim.Weak, func(seen map[string]int) bool { return seen[whole] > 0 && len(seen) > 1 && len(seen) <= 8 }},
			{sim.Faint, func(seen map[string]int) bool { return seen[blank] > 0 && len(seen) > 1 && len(seen) <= 8 }},
			{sim.ECC, func(seen map[string]int) bool {
				if k == sim.NOR {
					return seen[whole] == 0
				}
				return (seen[whole] > 50) != (seen[blank] > 50) && len(seen) > 20
			}},
		} {
			for seed := range uint64(20) {
				d := sim.NewKind(k, shape)
				d.Tear(program(data, 8192), sim.Cut{Units: 1, Form: c.form, Seed: seed})
				if got := at(t, d, 8192, 256); string(got) != whole {
					t.Fatalf("%s: %s: the unit before is torn", k, c.form)
				}
				if got := at(t, d, 8192+512, 256); string(got) != blank {
					t.Fatalf("%s: %s: the unit after was touched", k, c.form)
				}
				if seen := reads(t, d, 8192+256, 256, 200); !c.ok(seen) {
					t.Errorf("%s: %s, seed %d: %d contents, complete %d, blank %d", k, c.form, seed, len(seen), seen[whole], seen[blank])
				}
				must(t, d.Erase(1))
				if seen := reads(t, d, 8192, 8192, 20); seen[string(ones(8192))] != 20 {
					t.Errorf("%s: %s: unstable after an erase", k, c.form)
				}
				must(t, d.Program(data, 8192))
				if seen := reads(t, d, 8192, 768, 20); seen[string(data)] != 20 {
					t.Errorf("%s: %s: unstable after a new program", k, c.form)
				}
			}
		}
	}
}

// TestSmallUnits tears a window of bytes behind the boundary.
func TestSmallUnits(t *testing.T) {
	g := shape
	g.WriteSize = 1
	data := make([]byte, 200)
	sizes := map[int]bool{}
	for seed := range uint64(100) {
		d := sim.New(g)
		d.Tear(program(data, 0), sim.Cut{Units: 33, Form: sim.Weak, Seed: seed})
		got := at(t, d, 0, 200)
		end := 200
		for end > 0 && got[end-1] == 0xFF {
			end--
		}
		if end < 33 || end > 33+32 {
			t.Fatalf("seed %d: torn up to byte %d", seed, end)
		}
		sizes[end-33] = true
	}
	if len(sizes) < 10 {
		t.Errorf("windows of %d sizes only", len(sizes))
	}
}

// TestEraseForms checks what each form leaves of a block that is full.
func TestEraseForms(t *testing.T) {
	full := make([]byte, 8192)
	for i := range full {
		full[i] = byte(i*7) | 1
	}
	half := shape.EraseSize / 2
	for _, c := range []struct {
		form sim.Form
		ok   func(a, b []byte) bool // two reads
	}{
		{sim.Before, func(a, b []byte) bool { return bytes.Equal(a, full) }},
		{sim.After, func(a, b []byte) bool { return bytes.Equal(a, ones(8192)) }},
		{sim.Half, func(a, b []byte) bool {
			return bytes.Equal(a[:half], full[:half]) && bytes.Equal(a[half:], ones(half))
		}},
		{sim.FirstHalf, func(a, b []byte) bool {
			return bytes.Equal(a[half:], full[half:]) && bytes.Equal(a[:half], ones(half))
		}},
		{sim.ZeroTail, func(a, b []byte) bool {
			i := bytes.IndexByte(a, 0)
			return i >= 0 && bytes.Equal(a[:i], full[:i]) && bytes.Equal(a[i:], make([]byte, 8192-i))
		}},
		{sim.Bits, func(a, b []byte) bool {
			n := 0
			for i := range a {
				if a[i] == full[i] || a[i] == 0xFF {
					n++
				}
			}
			return bytes.Equal(a, b) && n < 200
		}},
		{sim.Unstable, func(a, b []byte) bool {
			for i := range a {
				if full[i]&^(a[i]&b[i]) != 0 {
					return false // a 1 has become 0
				}
			}
			return !bytes.Equal(a, b) && !bytes.Equal(a, full)
		}},
	} {
		for seed := range uint64(50) {
			d := sim.New(shape)
			must(t, d.Program(full, 8192))
			d.Tear(sim.Op{Kind: sim.OpErase, Block: 1}, sim.Cut{Form: c.form, Seed: seed})
			if !c.ok(at(t, d, 8192, 8192), at(t, d, 8192, 8192)) {
				t.Errorf("%s, seed %d", c.form, seed)
			}
			if wear := d.Wear(1); (wear == 0) != (c.form == sim.Before) {
				t.Errorf("%s: wear %d", c.form, wear)
			}
			must(t, d.Erase(1))
			if got := at(t, d, 8192, 8192); !bytes.Equal(got, ones(8192)) {
				t.Errorf("%s: not blank after an erase", c.form)
			}
		}
	}
}

// TestCuts: the boundaries are bounded and spread, and each form is listed.
func TestCuts(t *testing.T) {
	g := flash.Geometry{Size: 4 * 8192, EraseSize: 8192, WriteSize: 1}
	op := program(make([]byte, 1000), 0)
	for _, c := range []struct {
		kind       sim.Kind
		exhaustive bool
		limit      int
		boundaries int
		forms      int
	}{
		{sim.NOR, true, 0, 1000, 6},
		{sim.NOR, true, 10, 10, 6},
		{sim.NOR, true, 1, 2, 6},
		{sim.NOR, false, 0, 3, 6},
		{sim.NAND, true, 50, 50, 7},
	} {
		units, forms, seeds := map[int]bool{}, map[sim.Form]bool{}, map[uint64]bool{}
		cuts := sim.NewKind(c.kind, g).Cuts(op, c.exhaustive, c.limit)
		for _, cut := range cuts {
			if cut.Form != sim.After {
				units[cut.Units] = true
			}
			forms[cut.Form], seeds[cut.Seed] = true, true
		}
		if len(units) != c.boundaries || !units[0] || !units[999] || len(forms) != c.forms || len(seeds) != len(cuts) {
			t.Errorf("%+v: %d boundaries, %d forms, %d seeds of %d cuts", c, len(units), len(forms), len(seeds), len(cuts))
		}
	}
	erase := sim.Op{Kind: sim.OpErase}
	if n := len(sim.New(g).Cuts(erase, true, 0)); n != 7 {
		t.Errorf("an erase: %d cuts", n)
	}
	if n := len(sim.NewKind(sim.UBI, g).Cuts(erase, true, 0)); n != 2 {
		t.Errorf("an erase on UBI: %d cuts", n)
	}
	if n := len(sim.New(g).Cuts(sim.Op{Kind: sim.OpSync}, true, 0)); n != 0 {
		t.Errorf("a sync: %d cuts", n)
	}
}
