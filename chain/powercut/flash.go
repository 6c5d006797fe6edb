package main

import (
	"fmt"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// shape is a flash on which lives are led.
type shape struct {
	kind   sim.Kind
	blocks int
	erase  int // bytes of an erase block
	write  int // bytes of a write unit
	bad    []int
	deep   bool // cut at depth 2, too
}

func (s *shape) name() string {
	name := fmt.Sprintf("%s %dx%d/%d", s.kind, s.blocks, s.erase, s.write)
	if len(s.bad) > 0 {
		name += fmt.Sprintf(" bad %v", s.bad)
	}
	return name
}

func (s *shape) geometry() flash.Geometry {
	return flash.Geometry{Size: int64(s.blocks) * int64(s.erase), EraseSize: s.erase, WriteSize: s.write}
}

// new returns an erased flash of that shape.
func (s *shape) new(seed uint64) *sim.Device {
	d := sim.NewKind(s.kind, s.geometry())
	for _, b := range s.bad {
		d.SetBad(b)
	}
	d.Seed(seed)
	return d
}

// good returns how many erase blocks are not bad.
func (s *shape) good() int { return s.blocks - len(s.bad) }

// holds returns how large the payload of an entry can be that takes so many
// erase blocks, in bytes; negative: that many do not hold one.
func (s *shape) holds(blocks int) int {
	slot := max(128, s.write)
	n := blocks*s.erase - (14+1)*slot - chain.HeaderSize - 64 // slots, header, what lz4 adds
	return n - n/65536*32 - 32
}

// thin returns of how many trials that take a whole command one is made: where
// erase blocks are large, commands take long.
func (s *shape) thin() int {
	if s.erase > 64*kib {
		return 5
	}
	return 1
}

// least returns how many erase blocks the smallest entry takes.
func (s *shape) least() int { return s.takes(smallSize) }

// takes returns how many erase blocks the entry of a content takes at the most.
func (s *shape) takes(size int) int {
	n := 1
	for s.holds(n) < size {
		n++
	}
	return n
}

const kib = 1 << 10

// shapes are the flashes of the campaign: every kind, size of erase blocks and
// of write units that units have, bad blocks in every place that matters, the
// smallest that holds an entry and its copy, odd numbers of blocks.
var shapes = []shape{
	{kind: sim.NOR, blocks: 28, erase: 4 * kib, write: 1, deep: true},
	{kind: sim.NOR, blocks: 2, erase: 4 * kib, write: 1},
	{kind: sim.NOR, blocks: 3, erase: 4 * kib, write: 1},
	{kind: sim.NOR, blocks: 27, erase: 4 * kib, write: 256, deep: true},
	{kind: sim.NOR, blocks: 16, erase: 64 * kib, write: 1},
	{kind: sim.NOR, blocks: 15, erase: 128 * kib, write: 1},
	{kind: sim.NOR, blocks: 14, erase: 256 * kib, write: 1},
	{kind: sim.NORECC, blocks: 28, erase: 4 * kib, write: 16, deep: true},
	{kind: sim.NORECC, blocks: 2, erase: 4 * kib, write: 32},
	{kind: sim.NORECC, blocks: 17, erase: 64 * kib, write: 16},
	{kind: sim.NORECC, blocks: 16, erase: 64 * kib, write: 32},
	{kind: sim.NORECC, blocks: 15, erase: 128 * kib, write: 32},
	{kind: sim.NORECC, blocks: 14, erase: 256 * kib, write: 16},
	{kind: sim.NAND, blocks: 29, erase: 16 * kib, write: 512, bad: []int{3}, deep: true},
	{kind: sim.NAND, blocks: 2, erase: 16 * kib, write: 512},
	{kind: sim.NAND, blocks: 24, erase: 16 * kib, write: 256, bad: []int{0}},
	{kind: sim.NAND, blocks: 16, erase: 128 * kib, write: 2048},
	{kind: sim.NAND, blocks: 17, erase: 128 * kib, write: 2048, bad: []int{0}},
	{kind: sim.NAND, blocks: 17, erase: 128 * kib, write: 2048, bad: []int{16}},
	{kind: sim.NAND, blocks: 18, erase: 128 * kib, write: 2048, bad: []int{1, 15}},
	{kind: sim.NAND, blocks: 18, erase: 64 * kib, write: 2048, bad: []int{0, 1, 4, 5, 17}},
	{kind: sim.NAND, blocks: 15, erase: 256 * kib, write: 4096, bad: []int{2}},
	{kind: sim.NAND, blocks: 2, erase: 256 * kib, write: 4096},
	{kind: sim.UBI, blocks: 28, erase: 16*kib - 1024, write: 512, deep: true},
	{kind: sim.UBI, blocks: 2, erase: 16*kib - 1024, write: 512},
	{kind: sim.UBI, blocks: 17, erase: 128*kib - 4096, write: 2048},
	{kind: sim.UBI, blocks: 16, erase: 64*kib - 128, write: 1},
	{kind: sim.UBI, blocks: 14, erase: 256*kib - 8192, write: 4096},
	{kind: sim.Block, blocks: 120, erase: 4 * kib, write: 512, deep: true},
	{kind: sim.Block, blocks: 17, erase: 64 * kib, write: 4096},
	{kind: sim.Block, blocks: 210, erase: 4 * kib, write: 4096},
	{kind: sim.Block, blocks: 31, erase: 4 * kib, write: 4096},
	{kind: sim.Block, blocks: 16, erase: 64 * kib, write: 512},
	{kind: sim.Block, blocks: 15, erase: 128 * kib, write: 4096},
	{kind: sim.Block, blocks: 14, erase: 256 * kib, write: 512},
}
