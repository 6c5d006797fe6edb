package chain_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// node is a node of jffs2, an inode, with some content; marker a clean marker.
var (
	node   = append([]byte{0x85, 0x19, 0x02, 0xe0, 100, 0, 0, 0}, noise("node|", 92)...)
	marker = []byte{0x85, 0x19, 0x03, 0x20, 12, 0, 0, 0, 0xb1, 0xb0, 0x1e, 0xe4}
)

// jffs2 returns a flash of 16 blocks with jffs2 in some, clean markers elsewhere.
func jffs2(used ...int) *sim.Device {
	dev := sim.New(flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1})
	for n := range 16 {
		dev.Poke(int64(n)*4096, marker)
	}
	for _, n := range used {
		dev.Poke(int64(n)*4096, node)
	}
	return dev
}

// takeOver makes a chain of one volatile entry of what the flash holds.
func takeOver(t testing.TB, dev flash.Device, size int) error {
	t.Helper()
	c := open(t, dev)
	unused, err := c.UnusedByJFFS2()
	if err != nil {
		t.Fatal(err)
	}
	p := payload(t, noise("a|", size))
	return c.TakeOver([]chain.Incoming{{Type: chain.TypeVolatile, Created: now, Payload: p}}, unused, now)
}

// TestTakeOver: the chain goes where jffs2 is not, and counts from then on; what is
// in use of jffs2 is as it was until it is brought home.
func TestTakeOver(t *testing.T) {
	for _, used := range [][]int{{0, 1}, {0, 1, 15}, {0, 5, 6, 7, 14, 15}, {0, 2, 4, 6, 8, 12, 13, 14, 15}} {
		dev := jffs2(used...)
		if c := open(t, dev); c.Foreign() != chain.ContentJFFS2 || !errors.Is(c.Writable(), chain.ErrForeign) {
			t.Fatalf("in blocks %v: it holds %v, %v", used, c.Foreign(), c.Writable())
		}
		if err := takeOver(t, dev, 5000); err != nil {
			t.Fatalf("jffs2 in blocks %v: %v", used, err)
		}
		for _, n := range used {
			if at := n * 4096; !bytes.Equal(dev.Bytes()[at:at+len(node)], node) {
				t.Errorf("jffs2 in blocks %v: block %d has changed", used, n)
			}
		}
		if what, err := chain.Identify(dev); err != nil || what != chain.ContentChain {
			t.Errorf("it is taken for %v (%v)", what, err)
		}
		if got := state(t, dev); got != "v:a" {
			t.Errorf("state %q", got)
		}
		if err := open(t, dev).Settle(); err != nil {
			t.Fatal(err)
		}
		if got := state(t, dev); got != "v:a" || open(t, dev).Space().Back != nil {
			t.Errorf("at home: state %q", got)
		}
		do(t, dev, config(t, noise("b|", 900)), push(""))
		if got := state(t, dev); got != "s:b" {
			t.Errorf("state %q", got)
		}
	}
}

// TestTakeOverRefused: without room for the copy nothing is touched, and the error
// has the figures.
func TestTakeOverRefused(t *testing.T) {
	for _, test := range []struct {
		size, need, longest int
		used                []int
	}{
		{5000, 2, 1, []int{0, 3, 5, 7, 9, 11, 13, 15}}, // no two in a row
		{5000, 2, 0, []int{0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
		{40000, 11, 5, []int{0}}, // too small for it and a copy
	} {
		dev := jffs2(test.used...)
		before := dev.Bytes()
		err := takeOver(t, dev, test.size)
		var run *chain.NoRunError
		if !errors.As(err, &run) || run.Need != test.need || run.Longest != test.longest {
			t.Errorf("jffs2 in blocks %v: %v (%+v)", test.used, err, run)
		}
		if !bytes.Equal(dev.Bytes(), before) {
			t.Errorf("jffs2 in blocks %v: the flash was touched", test.used)
		}
	}
	if err := takeOver(t, sim.New(flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}), 900); !errors.Is(err, chain.ErrNothing) {
		t.Errorf("an erased flash: %v", err)
	}
}

// TestReset erases all of it, whatever is there.
func TestReset(t *testing.T) {
	for name, prepare := range map[string]func(dev *sim.Device){
		"nothing":     func(*sim.Device) {},
		"a chain":     func(dev *sim.Device) { do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900))) },
		"full":        func(dev *sim.Device) { do(t, dev, config(t, noise("a|", 62000))) },
		"rolled back": func(dev *sim.Device) { do(t, dev, config(t, noise("a|", 62000)), push(""), rollback(0)) },
	} {
		dev := sim.New(flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1})
		prepare(dev)
		if err := open(t, dev).Reset(payload(t, string(make([]byte, 1024))), time.Unix(1, 0)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, b := range dev.Bytes() {
			if b != 0xFF {
				t.Errorf("%s: byte %d is %#x", name, i, b)
				break
			}
		}
	}
}

// TestTakeOverRepairCut cuts the commit record of a copy between the blocks of
// jffs2, and then the record that makes it nothing, each in the last byte that is
// programmed: some readings take that for whole. All boots after that show the same.
func TestTakeOverRepairCut(t *testing.T) {
	whole := jffs2(0, 15)
	if err := takeOver(t, whole, 900); err != nil {
		t.Fatal(err)
	}
	commit := whole.Counts().Ops() - 2 // behind it, its second copy
	void := 0
	for seed := range uint64(200) {
		dev := jffs2(0, 15)
		weak := func(last int) func(sim.Op) sim.Cut {
			return func(sim.Op) sim.Cut { return sim.Cut{Units: last, Form: sim.Weak, Seed: seed} }
		}
		dev.CutAt(commit, weak(127)) // of its blocks
		if err := takeOver(t, dev, 900); !errors.Is(err, sim.ErrPowerCut) {
			t.Fatal(err)
		}
		dev.PowerOn()
		dev.CutAt(0, weak(43)) // of its checksum
		if err := open(t, dev).Repair(); err == nil {
			continue // read as what needs no repair
		}
		dev.PowerOn()
		want := state(t, dev)
		if want == "" {
			void++
		}
		for n := range 8 {
			if got := state(t, dev); got != want {
				t.Fatalf("seed %d, boot %d: %q, then %q", seed, n, want, got)
			}
		}
	}
	if void == 0 {
		t.Error("there was nothing to overrule")
	}
}
