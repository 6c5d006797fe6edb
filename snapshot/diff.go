package main

import (
	"flag"
	"fmt"

	"chainroot/chain/delta"
)

var diffCommand = command{
	name:    "diff",
	args:    "[STATE [STATE]] [--patch | --json]",
	summary: "list the files that differ between two states",
	maxArgs: 2,
	details: `Lists what differs between two states, the second compared with the first: A for
added, M for modified, D for deleted, and the path. A STATE is the number of a
snapshot (0: the bare firmware), "config" for the last state, which the next boot
shows, or "live" for what runs.

Without a STATE, on a unit "config" is compared with "live", that is what the next
config would change; of an image, the state before the last with the last. One STATE
is compared with "live" on a unit, and with "config" of an image.

What runs is what config would save: what it drops is not listed. Without the
firmware, that is with --device, a file that only the second state holds is added
even if the firmware has it.

The exit code is 0, whether something differs or not.

  --patch  for files with text, the lines that differ, as for patch -p1
  --json   as one JSON object
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		patch := fs.Bool("patch", false, "")
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, args []string) error {
			if *patch && *asJSON {
				return usageError("diff takes --patch or --json, not both")
			}
			return c.look(func(v *viewer) error {
				from, to, err := v.between(args)
				if err != nil {
					return err
				}
				return v.diff(from, to, *patch, *asJSON)
			})
		}
	},
}

// differences is what `diff --json` prints.
type differences struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Changes []change `json:"changes"`
	Sum     tally    `json:"sum"`
}

// between returns the states that diff compares.
func (v *viewer) between(args []string) (from, to *state, err error) {
	words := append([]string(nil), args...)
	switch {
	case len(words) == 2:
	case v.unit != nil && len(words) == 0:
		words = []string{wordConfig, wordLive}
	case v.unit != nil:
		words = append(words, wordLive)
	case len(words) == 0:
		n := len(v.s.Entries())
		return v.after(max(n-1, 0)), v.after(n), nil
	default:
		words = append(words, wordConfig)
	}
	if from, err = v.state(words[0]); err != nil {
		return nil, nil, err
	}
	to, err = v.state(words[1])
	return from, to, err
}

func (v *viewer) diff(from, to *state, patch, asJSON bool) error {
	a, err := v.tree(from)
	if err != nil {
		return err
	}
	b, err := v.tree(to)
	if err != nil {
		return err
	}
	changes, err := delta.Compare(a, b, v.firmware())
	switch {
	case err != nil:
		return err
	case asJSON:
		return writeJSON(v.out, differences{from.name, to.name, listed(changes), tallyOf(changes)})
	case len(changes) == 0:
		_, err := fmt.Fprintf(v.out, "Nothing differs between %s and %s.\n", from.name, to.name)
		return err
	case !patch:
		v.printChanges(changes, false)
		return nil
	}
	p := &patcher{viewer: v, from: from, to: to, before: a, after: b}
	for _, ch := range changes {
		if err := p.change(ch); err != nil {
			return err
		}
	}
	return nil
}
