package main

import (
	"fmt"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// smallSize is the content of a small entry, in bytes.
const smallSize = 900

// life is a row of commands on one flash.
type life struct {
	name     string
	commands []command
	from     int // the first command that is cut

	// damage is done after the commands before from; it returns what the chain
	// should show then. The commands after it find the damage there.
	damage func(d *sim.Device, m model) model
	room   bool // every command has room on the flash
}

// lives returns the lives on a flash. Contents have different sizes, so that
// entries grow and shrink, and leave remains behind them.
func lives(s *shape) []life {
	small, large := smallSize, s.holds(s.least())+700
	if s.good() < 12*s.least() {
		return fullLives(s)
	}
	some := large
	if s.thin() > 1 {
		some = small // each boot reads all of it
	}
	typical := life{name: "typical", room: true, commands: []command{
		config("a", small),
		config("b", some),
		config("b", some),
		push("first"),
		labelled("c", "see", some),
		config("d", small),
		push(""),
		config("e", small),
		rollback(1),
		undo(),
		rollback(2),
		rollback(1),
		undo(),
		undo(),
		compact(0, small),
		config("f", small),
		push("second"),
		labelled("g", "third", small),
		push(""),
		compact(1, some),
		rollback(0),
		undo(),
		rollback(0),
		config("h", large),
		push(""),
		config("i", small),
		rollback(1),
		config("j", large),
		rollback(0),
		undo(),
	}}
	list := append([]life{typical, worn(small), trials(some), imports(small, some)}, damagedLives(s)...)
	if s.erase <= 16*kib {
		list = append(list, wornTrial(small))
	}
	if s.good() <= manyBlocks {
		list = append(list, life{name: "erased", room: true, from: 3, commands: []command{
			config("a", small), push(""), config("b", large), reset(), config("c", small), push(""), rollback(0), reset()}})
	}
	return append(list, foreignLives(s)...)
}

// trials are those of an entry that is confirmed, and of one that is not.
func trials(size int) life {
	small := smallSize
	return life{name: "trials", room: true, from: 2, commands: []command{
		config("a", small), push("first"),
		try("b", "", size, false, 2), attempt(), confirm(), push("second"),
		try("c", "third", small, true, 2), attempt(), attempt(), giveUp(), undo(), retry(1), rollback(2),
		config("d", size), tryPush("fourth", 2), giveUp(), undo(), confirm(), compact(1, small),
		try("e", "", small, false, 1), rollback(1), undo(), confirm(),
	}}
}

// wornTrial uses up the record slots of an entry on trial.
func wornTrial(small int) life {
	l := life{name: "worn trial", room: true, commands: []command{try("a", "", small, true, 100)}}
	for range 10 {
		l.commands = append(l.commands, attempt())
	}
	l.from = len(l.commands) - 3
	l.commands = append(l.commands, giveUp(), undo())
	return l
}

// manyBlocks is on how many blocks a command that erases all takes too long to
// be cut everywhere.
const manyBlocks = 40

// worn uses up the record slots of an entry, of which there are 14 to 32: it is
// written anew.
func worn(small int) life {
	l := life{name: "worn", room: true, commands: []command{config("a", small), push("")}}
	for range 9 {
		l.commands = append(l.commands, rollback(0), undo())
	}
	l.from = len(l.commands) - 8
	return l
}

// fullLives are those on a flash that is, or becomes, full.
func fullLives(s *shape) []life {
	small := smallSize
	half := s.holds(s.good() / 2)   // twice that is all there is
	third := s.holds(s.good() / 3)  // a snapshot, an entry and its copy
	larger := s.holds(s.good()) - 1 // no room for a copy
	lives := []life{
		{name: "half", commands: []command{
			config("a", half), config("b", half), rollback(0), undo(), config("c", small), push("kept"),
			config("d", half), config("e", small), rollback(0), config("f", half), push(""), push(""), compact(0, half)}},
		{name: "whole", commands: []command{
			config("a", larger), config("b", small), rollback(0), undo(), push("kept"),
			config("c", small), compact(0, small), rollback(0), config("d", half), config("e", half), reset()}},
	}
	lives = append(lives,
		life{name: "half on trial", commands: []command{
			try("a", "", half, true, 1), attempt(), giveUp(), undo(), retry(9), attempt(), confirm(),
			try("b", "", half, false, 3), try("b", "named", half, false, 1), attempt(), confirm(), tryPush("", 1), rollback(1),
			try("c", "", small, true, 1), attempt(), giveUp(), undo()}},
		life{name: "whole on trial", commands: []command{
			try("a", "", larger, true, 3), try("a", "", larger, true, 1), retry(3), attempt(), retry(1), confirm(), rollback(0), undo(),
			try("b", "", small, false, 2), rollback(0), try("c", "", small, true, 2), attempt(), reset()}},
		life{name: "whole, given up", commands: []command{
			config("a", larger), tryPush("", 1), attempt(), giveUp(), undo(), rollback(0)}})
	lives = append(lives, life{name: "full of imports", commands: []command{
		follow(half, "a"), rollback(0), follow(small, "b"), follow(small, "c", "d"), rollback(0), follow(half, "e"),
		rollback(0), follow(larger, "f"), rollback(0), follow(small, "g"), pin(1, true), config("h", small), rebase("i", small), reset(), follow(larger, "j")}})
	if third >= small {
		lives = append(lives, life{name: "third", commands: []command{
			config("a", third), push(""), config("b", third), config("c", third), push(""), config("d", third),
			compact(0, small), rollback(1), config("e", third), config("f", small), rollback(0), undo()}})
	}
	return lives
}

// damagedLives go on with an entry that does not hold any more: in every part
// of it, and where it cannot be read.
func damagedLives(s *shape) []life {
	small := smallSize
	before := []command{config("a", small), push(""), config("b", small), push(""), config("c", small)}
	after := []command{config("x", small), push(""), config("y", small), rollback(1), undo(), compact(0, small), rollback(0)}
	var list []life
	add := func(name string, entry int, at func(e *chain.Entry) int64, spoil func(d *sim.Device, off int64)) {
		list = append(list, life{
			name:     fmt.Sprintf("%s of entry %d", name, entry),
			commands: append(append([]command{}, before...), after...),
			from:     len(before),
			damage: func(d *sim.Device, m model) model {
				c, err := chain.Open(d)
				if err != nil {
					panic(err)
				}
				e := c.Entries()[entry-1]
				spoil(d, int64(e.Block)*int64(s.erase)+at(e)+s.skip(e.Block))
				m = m.clone()
				if entry <= len(m.snapshots) {
					m.snapshots = m.snapshots[:entry-1]
				}
				m.volatile, m.undo = nil, nil
				return m
			},
		})
	}
	rot := func(d *sim.Device, off int64) { d.Flip(off, 1); d.Flip(off+1, 6) }
	gone := func(d *sim.Device, off int64) { d.FailRead(off, errUnreadable) }
	header := func(*chain.Entry) int64 { return 40 }
	content := func(*chain.Entry) int64 { return payloadAt + 500 }
	add("rotten payload", 2, content, rot)
	if s.deep {
		add("rotten header", 3, header, rot)
		add("rotten payload", 3, content, rot)
		add("rotten header", 2, header, rot)
		add("unreadable payload", 2, content, gone)
		add("unreadable header", 3, header, gone)
	}
	return list
}

// skip returns how many bytes lie between a block's number on the device, and
// its number in the row without bad blocks.
func (s *shape) skip(block int) int64 {
	n := 0
	for _, b := range s.bad {
		if b <= block+n {
			n++
		}
	}
	return int64(n) * int64(s.erase)
}
