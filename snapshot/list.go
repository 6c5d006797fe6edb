package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"chainroot/chain"
	"chainroot/chain/delta"
)

var listCommand = command{
	name:    "list",
	args:    "[--json]",
	summary: "list the states that a unit can be in, with what each changes",
	details: `Lists the states, a line each: 0 is the bare firmware, then come the snapshots by
number, and at last the volatile entry, as "config". Each has the time of its
entry, its bytes on flash, and how many files and directories it adds, modifies
and deletes, compared with the state before. Marks say which state runs, which is
on trial, which is pinned, and which one the next boot shows.

All entries are read. Without the firmware, that is with --device, what an entry
holds of a file counts as added even if the firmware has that file.

  --json  as a JSON array
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, _ []string) error {
			return c.look(func(v *viewer) error {
				list, err := v.list()
				if err != nil {
					return err
				}
				if *asJSON {
					return writeJSON(c.out, list)
				}
				return c.printStates(list)
			})
		}
	},
}

// stateLine is one state in `list --json`.
type stateLine struct {
	State   string     `json:"state"` // what other commands call it: a number, or config
	Label   string     `json:"label"`
	Created *time.Time `json:"created"` // null: the bare firmware
	Stored  int64      `json:"stored"`  // bytes on flash
	tally
	Running bool `json:"running"`
	Trial   bool `json:"trial"`
	Pinned  bool `json:"pinned"`
	Next    bool `json:"next"` // the next boot shows it
}

// list returns all states, and what each changes.
func (v *viewer) list() ([]stateLine, error) {
	running, err := v.running()
	if err != nil {
		return nil, err
	}
	list := []stateLine{{State: "0"}}
	before := delta.NewTree()
	for _, e := range v.s.Entries() {
		after := before.Clone()
		if err := addTo(after, v.s, e); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", e.Name(), err)
		}
		changes, err := delta.Compare(before, after, v.firmware())
		if err != nil {
			return nil, err
		}
		created := e.Time()
		_, trial := e.Trial()
		list = append(list, stateLine{State: stateWord(e), Label: e.Label, Created: &created, Stored: e.Stored, tally: tallyOf(changes), Trial: trial, Pinned: e.Pinned()})
		before = after
	}
	if running >= 0 {
		list[running].Running = true
	}
	list[len(list)-1].Next = true
	return list, nil
}

// stateWord is the argument that names the state with an entry at its end.
func stateWord(e *chain.Entry) string {
	if e.IsVolatile() {
		return wordConfig
	}
	return fmt.Sprint(e.Number)
}

// running returns after how many entries of the chain the state is that runs; -1:
// it is not in the chain, or nothing runs.
func (v *viewer) running() (int, error) {
	if v.unit == nil {
		return -1, nil
	}
	st, err := v.status(v.s)
	if err != nil {
		return -1, err
	}
	if !st.Pending {
		return len(v.s.Entries()), nil
	}
	o, err := v.origins()
	if err != nil {
		return -1, err
	}
	booted, n := "", 0 // the last snapshot that it was booted with
	for _, e := range v.unit.Entries {
		if !e.Volatile {
			booted, n = e.Hash, -1
		}
	}
	for i, e := range v.s.Entries() {
		if ok, err := v.runs(v.unit, e); err != nil {
			return -1, err
		} else if !ok {
			break
		}
		if n >= 0 || slices.Contains(o.of(e.Hash.String()), booted) {
			n = i + 1 // what was saved since the boot runs, too
		}
	}
	return n, nil
}

// marks are what else is to be said of a state, in words.
func (l *stateLine) marks() string {
	var marks []string
	for _, m := range [...]struct {
		is   bool
		word string
	}{{l.Running, "running"}, {l.Trial, "on trial"}, {l.Pinned, "pinned"}, {l.Next, "next boot"}} {
		if m.is {
			marks = append(marks, m.word)
		}
	}
	return strings.Join(marks, ", ")
}

func (c *cli) printStates(list []stateLine) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STATE\tWRITTEN (UTC)\tSTORED\tADDED\tMODIFIED\tDELETED\tLABEL\tMARKS")
	for _, l := range list {
		created, label := "-", escaped(l.Label)
		if l.Created != nil {
			created = timeText(*l.Created)
		} else {
			label = "(the bare firmware)"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", l.State, created, l.Stored, l.Added, l.Modified, l.Deleted, label, l.marks())
	}
	return w.Flush()
}
