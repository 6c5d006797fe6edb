package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"chainroot/flash"
	"chainroot/flash/sim"
)

// TestForkIsolation runs random operations on devices that are forks of each
// other: each holds what a copy of its own would.
func TestForkIsolation(t *testing.T) {
	for _, k := range sim.Kinds {
		r := rand.New(rand.NewPCG(uint64(k), 1))
		devices, models := []*sim.Device{sim.NewKind(k, shape)}, [][]byte{ones(int(shape.Size))}
		next := [][]int{make([]int, shape.Blocks())}
		for range 3000 {
			i := r.IntN(len(devices))
			d, m, block := devices[i], models[i], r.IntN(shape.Blocks())
			start := block * shape.EraseSize
			switch units := shape.EraseSize / shape.WriteSize; {
			case r.IntN(20) == 0:
				j := r.IntN(12)
				if j >= len(devices) {
					devices, models, next = append(devices, nil), append(models, nil), append(next, nil)
					j = len(devices) - 1
				} else if j == i {
					continue
				}
				devices[j], models[j], next[j] = d.Fork(), bytes.Clone(m), append([]int(nil), next[i]...)
			case r.IntN(6) == 0:
				must(t, d.Erase(block))
				copy(m[start:start+shape.EraseSize], ones(shape.EraseSize))
				next[i][block] = 0
			case r.IntN(6) == 0:
				must(t, d.Sync())
			case next[i][block] < units:
				n := 1 + r.IntN(min(12, units-next[i][block]))
				p := make([]byte, n*shape.WriteSize)
				for j := range p {
					p[j] = byte(r.Uint32())
				}
				off := start + next[i][block]*shape.WriteSize
				must(t, d.Program(p, int64(off)))
				copy(m[off:], p)
				next[i][block] += n + r.IntN(2)
			}
			if r.IntN(10) == 0 {
				for i := range devices {
					if !bytes.Equal(devices[i].Bytes(), models[i]) {
						t.Fatalf("%s: device %d differs", k, i)
					}
				}
			}
		}
	}
}

func TestForkIsFresh(t *testing.T) {
	d := sim.New(shape)
	d.SetBad(3)
	d.Record()
	must(t, d.Program(make([]byte, 256), 0))
	d.CutAfter(0, sim.Before, 1)
	d.FailAt(0, errBroken)
	if err := d.Erase(0); !errors.Is(err, sim.ErrPowerCut) {
		t.Fatal(err)
	}
	f := d.Fork()
	if f.Counts() != (sim.Counts{}) || len(f.Trace()) != 0 {
		t.Errorf("counts %+v, trace %v", f.Counts(), f.Trace())
	}
	if bad, err := f.IsBad(3); !bad || err != nil {
		t.Errorf("bad %v, %v", bad, err)
	}
	must(t, f.Erase(0))
}

// TestTrace plays what was taken down, failures included: the other device is
// the same afterwards.
func TestTrace(t *testing.T) {
	for _, k := range sim.Kinds {
		base := sim.NewKind(k, shape)
		must(t, base.Program(make([]byte, 256), 0))
		d := base.Fork()
		d.Seed(99)
		d.Record()
		p := bytes.Repeat([]byte{0x77}, 1024)
		must(t, d.Program(p, 8192), d.Erase(0), d.Program(p, 0), d.Sync())
		d.FailAt(2, errBroken)
		must(t, d.Program(p, 1024), d.Program(p, 16384))
		failed := d.Erase(1)
		if failed == nil {
			t.Fatal("nothing failed")
		}
		if k == sim.NAND {
			must(t, d.MarkBad(1))
		}
		p[0] = 0 // the trace has a copy
		f := base.Fork()
		for _, op := range d.Trace() {
			if err := f.Play(op); !errors.Is(err, op.Err) {
				t.Fatalf("%s: %s: %v", k, op, err)
			}
		}
		if !bytes.Equal(f.Bytes(), d.Bytes()) || f.Counts() != d.Counts() {
			t.Errorf("%s: another device", k)
		}
		for block := range shape.Blocks() {
			if f.Wear(block) != d.Wear(block) {
				t.Errorf("%s: wear of block %d: %d and %d", k, block, f.Wear(block), d.Wear(block))
			}
		}
		if k == sim.NAND {
			continue
		}
		if err := f.Erase(1); !errors.Is(err, errBroken) {
			t.Errorf("%s: the block has not grown bad: %v", k, err)
		}
	}
}

// TestDeterminism: equal seeds, equal devices, at every cut and read.
func TestDeterminism(t *testing.T) {
	for _, k := range sim.Kinds {
		base := sim.NewKind(k, shape)
		must(t, base.Program(make([]byte, 2048), 0), base.Program(make([]byte, 2048), 8192))
		for _, op := range []sim.Op{program(make([]byte, 1024), 2048), {Kind: sim.OpErase}, sync} {
			cuts := base.Cuts(op, true, 0)
			if again := base.Fork().Cuts(op, true, 0); !reflect.DeepEqual(cuts, again) {
				t.Errorf("%s: %s: other cuts of a fork", k, op)
			}
			for _, cut := range cuts {
				a, b := base.Fork(), base.Fork()
				a.Tear(op, cut)
				b.Tear(op, cut)
				for range 3 {
					p, q := make([]byte, 8192), make([]byte, 8192)
					_, failed := a.ReadAt(p, 0)
					_, failedToo := b.ReadAt(q, 0)
					if !bytes.Equal(p, q) || failed != failedToo {
						t.Fatalf("%s: %s: %s", k, op, cut)
					}
				}
			}
		}
	}
}

func TestImage(t *testing.T) {
	for _, k := range sim.Kinds {
		image := ones(int(shape.Size))
		copy(image[8192:], "content")
		d := sim.NewKind(k, shape)
		must(t, d.Program(make([]byte, 256), 0))
		d.Load(image)
		if !bytes.Equal(d.Bytes(), image) {
			t.Errorf("%s: another image", k)
		}
		must(t, d.Program(make([]byte, 256), 0), d.Program(make([]byte, 256), 8192+256))
		d.Poke(16384-2, []byte("seam"))
		if got := at(t, d, 16384-2, 4); string(got) != "seam" {
			t.Errorf("%s: %q", k, got)
		}
	}
}

// BenchmarkCut is what a campaign does for each cut.
func BenchmarkCut(b *testing.B) {
	for _, k := range sim.Kinds {
		for _, g := range []flash.Geometry{
			{Size: 64 * 65536, EraseSize: 65536, WriteSize: 1},
			{Size: 64 * 262144, EraseSize: 262144, WriteSize: 2048},
		} {
			b.Run(fmt.Sprintf("%s/%dx%d", k, g.EraseSize>>10, g.WriteSize), func(b *testing.B) {
				base := sim.NewKind(k, g)
				full := bytes.Repeat([]byte{0xA5}, g.EraseSize/2)
				for block := range g.Blocks() - 1 {
					must(b, base.Program(full, int64(block*g.EraseSize)))
				}
				must(b, base.Sync())
				e, unit := int64(g.EraseSize), full[:max(g.WriteSize, 128)]
				ops := []sim.Op{
					{Kind: sim.OpErase, Block: 1},
					{Kind: sim.OpProgram, Block: 2, Off: 2*e + e/2, Data: full[:4096]},
				}
				cuts := [][]sim.Cut{base.Cuts(ops[0], true, 20), base.Cuts(ops[1], true, 20)}
				p := make([]byte, 256)
				i := 0
				for b.Loop() {
					op, cuts := ops[i%2], cuts[i%2]
					d := base.Fork()
					d.Tear(op, cuts[i/2%len(cuts)])
					for j := range int64(6) {
						d.ReadAt(p, j*e)
					}
					d.ReadAt(p, 2*e+e/2)
					must(b, d.Erase(1), d.Program(unit, e), d.Program(unit, 4*e+e/2), d.Program(unit, 5*e+e/2), d.Erase(3), d.Sync())
					i++
				}
				b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "cuts/s")
			})
		}
	}
}
