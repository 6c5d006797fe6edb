package chain_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"syscall"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// three returns a device with three snapshots and a volatile entry.
func three(t testing.TB, g flash.Geometry) *sim.Device {
	dev := sim.New(g)
	for _, s := range []step{
		config(t, noise("a|", 2000)), push("a"),
		config(t, noise("b|", 150_000)), push("b"),
		config(t, noise("c|", 2000)), push("c"),
		config(t, noise("d|", 2000)),
	} {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
	}
	return dev
}

// slotsOf returns the offset of an entry's first record, for write units of a
// byte, by FORMAT.md.
func slotsOf(e *chain.Entry) int {
	return (e.Block+e.Blocks)*e.EraseSize - e.Slots*128
}

// fixSum makes the checksum of a header right again.
func fixSum(header []byte) {
	binary.BigEndian.PutUint32(header[252:], crc32.ChecksumIEEE(header[:252]))
}

// TestRot flips every bit of every header and record, and a bit in every
// kilobyte of the payloads. Of a header or a record, it changes nothing; else
// the entry and what follows is not shown, what is before stays. The damage is
// reported, and commands work. In short mode every seventh bit stands for all.
func TestRot(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	g := flash.Geometry{Size: 24 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := three(t, g)
	want := []string{"s:a", "s:b", "s:c", "v:d"}
	c := open(t, dev)
	for i, e := range c.Entries() {
		start := e.Block * g.EraseSize
		var bits []int
		for bit := 0; bit < 256*8; bit += step {
			bits = append(bits, start*8+bit)
		}
		slots := slotsOf(e)
		for bit := 0; bit < 128*8; bit += step {
			if i == 3 { // the others have a later record, for the promotion
				bits = append(bits, slots*8+bit)
			}
		}
		for off := 256; off < int(e.Stored)+256; off += 1024 {
			bits = append(bits, (start+off)*8+off%8)
		}
		for _, bit := range bits {
			d := dev.Fork()
			d.Flip(int64(bit/8), uint(bit%8))
			want := want
			if at := bit/8 - start; at >= 256 && bit/8 < slots {
				want = want[:i]
			}
			c := open(t, d)
			if err := c.Check(); err != nil {
				t.Fatal(err)
			}
			if len(c.Damage()) == 0 || len(c.Entries()) != len(want) {
				t.Fatalf("entry %d, bit %d: %d entries, damage %v", i, bit-start*8, len(c.Entries()), c.Damage())
			}
			if bit%64 == 0 {
				if got := state(t, d); got != strings.Join(want, " ") {
					t.Fatalf("entry %d, bit %d: %q", i, bit-start*8, got)
				}
				c := open(t, d)
				if err := c.WriteVolatile(payload(t, "next|"), "", now); err != nil {
					t.Fatalf("entry %d, bit %d: %v", i, bit-start*8, err)
				}
				if got, want := state(t, d), strings.Join(append(slices.Clone(want[:min(len(want), 3)]), "v:next"), " "); got != want {
					t.Fatalf("entry %d, bit %d, then config: %q, want %q", i, bit-start*8, got, want)
				}
			}
		}
	}
}

// TestForgedPayload puts another payload in, with the chunk table that fits
// it: the header does not vouch for that table.
func TestForgedPayload(t *testing.T) {
	g := flash.Geometry{Size: 8 * 65536, EraseSize: 65536, WriteSize: 1}
	dev, other := sim.New(g), sim.New(g)
	do(t, dev, config(t, noise("a|", 900)))
	do(t, other, config(t, noise("b|", 900)))
	dev.Poke(256, other.Bytes()[256:1400])
	if got := state(t, dev); got != "" {
		t.Fatalf("state %q", got)
	}
}

// TestFailingFlash lets blocks fail in the middle of a config, loudly or in
// silence: the command fails, and the state before is still there.
func TestFailingFlash(t *testing.T) {
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	broken := errors.New("broken")
	for block := range g.Blocks() {
		for _, silent := range []bool{false, true} {
			dev := sim.New(g)
			do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 70_000)))
			dev.ResetCounts()
			if silent {
				dev.Deafen(block)
			} else {
				dev.FailBlock(block, broken)
			}
			err := config(t, noise("c|", 70_000)).do(open(t, dev))
			switch used := block == 1 || block == 2 || block >= 14; {
			case !used && err != nil:
				t.Errorf("block %d is not used, but: %v", block, err)
			case used && !errors.Is(err, broken) && !errors.Is(err, chain.ErrReadBack):
				t.Errorf("block %d, silent %v: %v", block, silent, err)
			}
			if got := state(t, dev); got != "s:a v:b" && got != "s:a v:c" {
				t.Errorf("block %d, silent %v: state %q", block, silent, got)
			}
		}
	}
}

// TestBadBlocks runs the life cycle on flash with bad blocks everywhere.
func TestBadBlocks(t *testing.T) {
	g := flash.Geometry{Size: 24 * 131072, EraseSize: 131072, WriteSize: 2048}
	dev := sim.New(g)
	for _, b := range []int{0, 3, 4, 11, 23} {
		dev.SetBad(b)
	}
	for _, s := range story(t, g) {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if got := state(t, dev); got != s.want {
			t.Fatalf("after %s: %q, want %q", s.name, got, s.want)
		}
	}
}

// TestBlockGoesBad lets one block after the other go bad in the middle of a
// config: it is marked, and the command does without it.
func TestBlockGoesBad(t *testing.T) {
	g := flash.Geometry{Size: 16 * 131072, EraseSize: 131072, WriteSize: 2048}
	marked := 0
	for block := range g.Blocks() {
		for _, steps := range [][]step{nil, {config(t, noise("a|", 900)), push("")}} {
			dev := sim.NewKind(sim.NAND, g)
			do(t, dev, steps...)
			dev.GrowBad(block, syscall.EIO)
			do(t, dev, config(t, noise("b|", 900)))
			if got := state(t, dev); !strings.HasSuffix(got, "v:b") || len(strings.Fields(got)) != 1+len(steps)/2 {
				t.Errorf("block %d: state %q", block, got)
			}
			if bad, _ := dev.IsBad(block); bad {
				marked++
			}
		}
	}
	if marked != 2 { // the home of either
		t.Errorf("%d blocks were marked as bad", marked)
	}
}
