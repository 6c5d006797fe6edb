package main

import (
	"bytes"
	_ "embed"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// jffs2 is the start of a file system with some files, made by mkfs.jffs2 for
// erase blocks of 64 KiB, little-endian. The rest of its block was blank.
//
//go:embed jffs2.img
var jffs2 []byte

// foreign is what a flash with it shows.
var foreign = chain.ContentJFFS2.String()

// foreignLives are those of flash that holds jffs2 and becomes a chain: with
// nothing of it at the end, and with a block of it there.
func foreignLives(s *shape) []life {
	load := func(blocks ...int) func(*sim.Device, model) model {
		return func(d *sim.Device, _ model) model {
			for _, n := range blocks {
				d.Poke(jffs2At(s.geometry().EraseSize, n, s.bad), append(bytes.Clone(jffs2), byte(len(blocks))))
			}
			return model{foreign: foreign}
		}
	}
	size := smallSize
	if s.thin() == 1 {
		size = s.holds(s.least()) + 700
	}
	commands := []command{convert("s", "v", size)}
	return []life{
		{name: "jffs2", commands: commands, damage: load(0, 1), room: true},
		{name: "jffs2 to the end", commands: commands, damage: load(0, 1, s.good()-1), room: true},
	}
}

// jffs2At returns the offset of the good block n.
func jffs2At(eraseSize, n int, bad []int) int64 {
	for _, b := range bad {
		if b <= n {
			n++
		}
	}
	return int64(n) * int64(eraseSize)
}

// jffs2Intact reports whether the file system is as it was: behind it, each of its
// blocks says how many they are.
func jffs2Intact(d *sim.Device) bool {
	g := d.Geometry()
	all, found, want := d.Bytes(), 0, 0
	for n := range g.Blocks() {
		bad, err := d.IsBad(n)
		if at := n * g.EraseSize; err == nil && !bad && bytes.HasPrefix(all[at:], jffs2) {
			found, want = found+1, int(all[at+len(jffs2)])
		}
	}
	return found == want && found > 0
}
