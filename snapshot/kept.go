package main

import (
	"fmt"
	"maps"
	"slices"

	"chainroot/chain/delta"
)

// kept is what `status --changes --json` prints: what a config keeps of what has
// changed since the last snapshot.
type kept struct {
	Kept    []change  `json:"kept"`
	Sum     tally     `json:"sum"`
	Dropped []dropped `json:"dropped"`

	changes []delta.Change
}

// dropped is what is not kept, with all that lies in it.
type dropped struct {
	Path    string `json:"path"` // absolute; a directory's ends with "/"
	File    string `json:"file"` // that has the rule; empty: it is one of the defaults
	Line    int    `json:"line"` // of the file, from 1; 0: of the defaults
	Pattern string `json:"pattern"`
}

// statusChanges tells what config would keep.
func (c *cli) statusChanges(asJSON bool) error {
	return c.look(func(v *viewer) error {
		if v.unit == nil {
			return usageError("--changes is about a unit that runs, and %s is not the chain of this one: `snapshot diff` compares the states of a chain", v.s.path)
		}
		k, err := v.kept()
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(c.out, k)
		}
		return c.printKept(k)
	})
}

// kept asks for all that would be packed, and notes what is dropped on the way.
func (v *viewer) kept() (*kept, error) {
	before, err := v.tree(&state{entries: v.s.Snapshots()})
	if err != nil {
		return nil, err
	}
	o, err := v.difference(v.s, v.unit, nil)
	if err != nil {
		return nil, err
	}
	choice, err := v.choice()
	if err != nil {
		return nil, err
	}
	rules := map[string]dropped{}
	o.Choose = func(path string, dir bool) delta.Answer {
		answer, rule := choice.Ask(path, dir)
		if answer == delta.Drop {
			d := dropped{Path: absolute(path, dir), Pattern: rule.Pattern}
			if !rule.Default {
				d.File, d.Line = excludePath, rule.Line
			}
			rules[path] = d
		}
		return answer
	}
	after := before.Clone()
	if err := addPacked(after, v.path(upperPath), o); err != nil {
		return nil, err
	}
	k := &kept{Dropped: []dropped{}}
	if k.changes, err = delta.Compare(before, after, v.firmware()); err != nil {
		return nil, err
	}
	k.Kept, k.Sum = listed(k.changes), tallyOf(k.changes)
	for _, path := range slices.Sorted(maps.Keys(rules)) {
		k.Dropped = append(k.Dropped, rules[path])
	}
	return k, nil
}

// rule says what drops it.
func (d *dropped) rule() string {
	if d.File == "" {
		return fmt.Sprintf("by default: %s", d.Pattern)
	}
	return fmt.Sprintf("%s, line %d: %s", d.File, d.Line, printable(d.Pattern))
}

func (c *cli) printKept(k *kept) error {
	c.printChanges(k.changes, true)
	fmt.Fprintf(c.out, "config keeps: %s\n", k.Sum)
	for _, d := range k.Dropped {
		fmt.Fprintf(c.out, "dropped  %s  (%s)\n", printable(d.Path), d.rule())
	}
	return nil
}
