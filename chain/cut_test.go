package chain_test

import (
	"errors"
	"fmt"
	"testing"

	"chainroot/flash"
	"chainroot/flash/sim"
)

// TestCopyEnds damages an entry at its home: its copy in the back buffer, which
// was ended when the entry was complete at home, must not stand in for it.
// Where a cut came before that, the next command ends it.
func TestCopyEnds(t *testing.T) {
	const header, content = 100, 1000 // offsets in the first entry
	g := flash.Geometry{Size: 24 * 4096, EraseSize: 4096, WriteSize: 1}
	for _, c := range []struct {
		name   string
		steps  []step
		damage int
	}{
		{"volatile", nil, content},
		{"volatile, header", nil, header},
		{"pushed", []step{push("")}, content},
		{"pushed, header", []step{push(""), config(t, noise("c|", 900))}, header},
		{"rolled back", []step{rollback(0)}, content},
		{"rolled back, header", []step{rollback(0)}, header},
	} {
		for _, early := range []bool{false, true} {
			if early && c.steps == nil {
				continue // no command follows
			}
			t.Run(fmt.Sprint(c.name, ", cut early: ", early), func(t *testing.T) {
				dev := sim.New(g)
				do(t, dev, config(t, noise("a|", 5000)))
				b := config(t, noise("b|", 5000))
				if early {
					ops := dev.Fork()
					do(t, ops, b)
					dev.CutAfter(ops.Counts().Ops()-1, sim.Bits, 3)
					if err := b.do(open(t, dev)); !errors.Is(err, sim.ErrPowerCut) {
						t.Fatal(err)
					}
					dev.PowerOn()
				} else {
					do(t, dev, b)
				}
				do(t, dev, c.steps...)
				dev.Flip(int64(c.damage), 2)
				dev.Flip(int64(c.damage)+1, 3) // a single bit of a header is mended
				if got := state(t, dev); got != "" {
					t.Fatalf("state %q", got)
				}
			})
		}
	}
}

// TestCopyCountsAtOnce cuts the power when the copy is complete and home is
// still untouched: the copy is the state, for home is about to be erased.
func TestCopyCountsAtOnce(t *testing.T) {
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)))
	dev.CutAfter(4, sim.Before, 0) // behind erase, program and both commit records of the copy
	if err := config(t, noise("b|", 900)).do(open(t, dev)); !errors.Is(err, sim.ErrPowerCut) {
		t.Fatal(err)
	}
	dev.PowerOn()
	if got := state(t, dev); got != "v:b" {
		t.Fatalf("state %q", got)
	}
}

// TestRetiredStaysRetired writes to flash that is full of a retired entry whose
// commit record is in the first half of an erase block, and the one that
// retired it in the second: half an erase must not bring the entry back.
func TestRetiredStaysRetired(t *testing.T) {
	g := flash.Geometry{Size: 2 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 5680)))
	if slots := 4096 + 1920; string(dev.Bytes()[slots:slots+4]) != "REC1" {
		t.Fatal("the commit record is not where this test needs it")
	}
	do(t, dev, rollback(0))
	next := config(t, noise("b|", 900))
	for k := 0; ; k++ {
		for _, tear := range sim.Tears {
			d := dev.Fork()
			d.CutAfter(k, tear, uint64(k))
			err := next.do(open(t, d))
			d.PowerOn()
			if got := state(t, d); got != "" && got != "v:b" {
				t.Fatalf("cut %d at operation %d: %q", tear, k, got)
			}
			if err == nil {
				return
			}
		}
	}
}

// TestTornDisarm erases half of the block with header and commit record of a
// retired entry, while the record that retired it stands in the next block,
// behind blank slots.
func TestTornDisarm(t *testing.T) {
	for _, g := range []flash.Geometry{{Size: 2 * 16384, EraseSize: 16384, WriteSize: 1024}, {Size: 2 * 65536, EraseSize: 65536, WriteSize: 4096}} {
		for n := g.EraseSize * 5 / 8; n < g.EraseSize; n += g.WriteSize / 2 {
			dev := sim.New(g)
			do(t, dev, config(t, noise("a|", n)))
			for range 8 {
				do(t, dev, rollback(0))
				d := dev.Fork()
				d.CutAfter(0, sim.Half, 1)
				_ = config(t, noise("b|", 100)).do(open(t, d))
				d.PowerOn()
				if got := state(t, d); got != "" {
					t.Fatalf("%s, %d bytes: %q", shape(g), n, got)
				}
				if undo().do(open(t, dev)) != nil {
					break
				}
			}
		}
	}
}

// TestSameContentAgain commits the same content in the same second after a
// roll-back: it is another entry, and what followed the first does not follow
// the second.
func TestSameContentAgain(t *testing.T) {
	g := flash.Geometry{Size: 32 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 2000)))
	first := open(t, dev).ID()
	do(t, dev,
		push(""),
		config(t, noise("b|", 2000)), push(""),
		rollback(0),
		config(t, noise("x|", 900)),
		rollback(0),
		config(t, noise("a|", 2000)))
	if open(t, dev).ID() == first {
		t.Error("the same entry")
	}
	do(t, dev, push(""))
	if got := state(t, dev); got != "s:a" {
		t.Fatalf("state %q", got)
	}
}
