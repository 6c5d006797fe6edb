package main

import (
	"fmt"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// lease is what a command may cost the flash. It is stated in DESIGN.md: no
// command erases more than the blocks of what it writes, twice, and of what it
// has to make harmless.
type lease struct {
	before []*chain.Entry
	cmd    command
}

func newLease(c *chain.Chain, cmd command) lease {
	return lease{append([]*chain.Entry{}, c.Entries()...), cmd}
}

// check compares what a command has cost with what it has written: the entries
// that were not there before.
func (l lease) check(c *chain.Chain, n sim.Counts) error {
	s := c.Space()
	known := map[chain.Hash]bool{}
	for _, e := range l.before {
		known[e.Hash] = true
	}
	blocks, renewed := 0, 0
	for _, e := range c.Entries() {
		switch {
		case !known[e.Hash]:
			blocks += e.Blocks
		case e.Blocks > renewed:
			renewed = e.Blocks // one whose slots were used up may be written anew
		}
	}
	slot := int64(max(128, s.WriteSize))
	disarmed := 2 // what could bring back what was rolled back: its header, and the records or the header of its copy
	if l.cmd.clears {
		disarmed++
	}
	const records = 2*2*3 + 2 // commit, its move, and one that repairs, twice each; one slot may fail
	if blocks == 0 && n.Erases > 0 {
		blocks = renewed
	}
	copies := max(2, l.cmd.copies)
	most := sim.Counts{Erases: copies*blocks + disarmed, ProgrammedBytes: int64(copies*blocks)*int64(s.EraseSize) + records*slot}
	if l.cmd.whole {
		most = sim.Counts{Erases: 2*s.Blocks + disarmed, ProgrammedBytes: int64(s.EraseSize)*int64(s.Blocks)/2 + records*slot}
	} else if blocks == 0 {
		most.Erases, most.ProgrammedBytes = 0, 2*2*slot
	}
	if n.Erases > most.Erases || n.ProgrammedBytes > most.ProgrammedBytes {
		return fmt.Errorf("it costs %d erases and %d bytes programmed, more than %d and %d", n.Erases, n.ProgrammedBytes, most.Erases, most.ProgrammedBytes)
	}
	return nil
}
