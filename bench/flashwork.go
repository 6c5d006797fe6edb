package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"chainroot/bench/measure"
	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// Flash work is counted on simulated flash, which knows each operation.
const (
	flashBlocks   = 64
	flashPayload  = 300_000 // bytes, of what does not compress
	configWritten = 2.1     // payloads that a config may program: home and copy, and what goes with them
	none          = 0.5     // of one: none
)

// chip is a flash that work is counted on.
type chip struct {
	name         string
	kind         sim.Kind
	erase, write int // bytes
}

func chips() []chip {
	return []chip{
		{"NOR 64K/1", sim.NOR, 64 << 10, 1},
		{"NAND 128K/2048", sim.NAND, 128 << 10, 2048},
		{"disk 64K/4096", sim.Block, 64 << 10, 4096},
	}
}

// flashPart counts what each command erases and programs.
func flashPart() (results []measure.Result, err error) {
	for _, c := range chips() {
		r, err := c.measure()
		if err != nil {
			return nil, fmt.Errorf("cannot count the work on %s: %w", c.name, err)
		}
		results = append(results, r...)
	}
	return results, nil
}

// work is what a command may do at most; 0: no bound.
type work struct {
	name    string
	do      func(*chain.Chain) error
	erases  float64 // of the blocks that an entry and its copy take
	written float64 // payloads
	record  bool    // one record, in two slots, and no erase
	nothing bool    // not a single operation
}

// measure leads a short life on a chip.
func (c chip) measure() (results []measure.Result, err error) {
	dev := sim.NewKind(c.kind, flash.Geometry{Size: int64(flashBlocks * c.erase), EraseSize: c.erase, WriteSize: c.write})
	now := time.Unix(1_700_000_000, 0)
	payloads := make([]*chain.Payload, 4)
	for i := range payloads {
		if payloads[i], err = noise(uint64(i)); err != nil {
			return nil, err
		}
	}
	config := func(n int) func(*chain.Chain) error {
		return func(c *chain.Chain) error { return c.WriteVolatile(payloads[n], "", now) }
	}
	push := func(c *chain.Chain) error { return c.Promote("", now) }
	works := []work{
		{name: "first config", do: config(0)},
		{name: "config", do: config(1), erases: 1, written: configWritten},
		{name: "unchanged config", do: config(1), nothing: true},
		{name: "push", do: push, record: true},
		{name: "", do: config(2)}, // of a config on free flash there is a figure
		{name: "rollback", do: func(c *chain.Chain) error { return c.Rollback(1, now) }},
		{name: "undo", do: func(c *chain.Chain) error { return c.Undo(now) }},
		{name: "", do: push},
		{name: "compact", do: func(c *chain.Chain) error {
			plan, err := c.PlanCompact(0, []*chain.Payload{payloads[3]})
			if err != nil {
				return err
			}
			return c.Compact(plan, now)
		}},
	}
	for _, w := range works {
		before := dev.Counts()
		ch, err := chain.Open(dev)
		if err != nil {
			return nil, err
		}
		if err := w.do(ch); err != nil && !(w.nothing && errors.Is(err, chain.ErrNothing)) {
			return nil, fmt.Errorf("cannot %s: %w", w.name, err)
		}
		if w.name == "" {
			continue
		}
		entries := ch.Entries()
		r, err := c.results(w, before, dev.Counts(), entries[len(entries)-1].Blocks)
		if err != nil {
			return nil, err
		}
		results = append(results, r...)
	}
	return results, nil
}

// results compares what was done with a payload, and with the erase blocks that an
// entry with one takes.
func (c chip) results(w work, before, after sim.Counts, blocks int) (results []measure.Result, err error) {
	erases := float64(after.Erases - before.Erases)
	written := float64(after.ProgrammedBytes - before.ProgrammedBytes)
	compare := func(what string, ours, peer float64, peerName, unit string, bound float64) {
		r, e := measure.Compare(fmt.Sprintf("%s, %s%s", c.name, w.name, what), ours, peer, peerName, unit, bound)
		err = errors.Join(err, e)
		results = append(results, r)
	}
	if w.nothing {
		compare("", float64(after.Ops()-before.Ops()), 1, "one operation", "operations", none)
		return results, err
	}
	compare(" writes", written, flashPayload, "payload", "bytes", w.written)
	if w.record {
		// Two write units, or where these are smaller, what a record needs of them.
		compare(" writes", written, 2*float64(max(c.write, recordSize)), "two slots", "bytes", 1)
		compare(" erases", erases, 1, "one block", "erases", none)
		return results, err
	}
	compare(" erases", erases, float64(2*blocks), "entry and copy", "erases", w.erases)
	return results, err
}

// recordSize is the size of a record in bytes (chain/FORMAT.md).
const recordSize = 128

// noise returns a payload of flashPayload bytes that do not compress.
func noise(seed uint64) (*chain.Payload, error) {
	r := rand.NewPCG(seed, 1)
	b := make([]byte, flashPayload)
	for i := range b {
		b[i] = byte(r.Uint64())
	}
	w := chain.NewPayloadWriter()
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	return w.Finish()
}
