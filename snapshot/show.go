package main

import (
	"flag"
	"fmt"
)

var showCommand = command{
	name:    "show",
	args:    "N|config [--json]",
	summary: "list the files that a snapshot, or the volatile entry, changes",
	maxArgs: 1,
	details: `Lists what snapshot N changes, or with "config" the volatile entry, compared with
the state before it: A for added, M for modified, D for deleted, the size in bytes
and the path; a directory has a "/" at the end. A sum follows. The directories that
an entry holds only because something in them differs are not listed, nor what it
holds though an entry before holds the same. Files are not compared with those of the
firmware: what the entry holds of them is modified.

Without the firmware, that is with --device, a file that the entry holds is added
even if the firmware has it, unless an entry before has it too; of what is deleted
from the firmware the size is 0.

  --json  as one JSON object
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, args []string) error {
			if len(args) == 0 {
				return usageError("show takes the number of a snapshot, or %s: `snapshot list` lists them", wordConfig)
			}
			return c.look(func(v *viewer) error { return v.show(args[0], *asJSON) })
		}
	},
}

// shown is what `show --json` prints.
type shown struct {
	Entry   string   `json:"entry"`
	Label   string   `json:"label"`
	Changes []change `json:"changes"`
	Sum     tally    `json:"sum"`
}

func (v *viewer) show(arg string, asJSON bool) error {
	st, err := v.state(arg)
	switch {
	case err != nil:
		return err
	case st.live:
		return usageError("show takes the number of a snapshot, or %s: `snapshot status --changes` lists what has changed since", wordConfig)
	case arg == wordConfig && v.s.Volatile() == nil:
		return stateError("there is no volatile entry: the last state is %s", newest(v.s))
	case len(st.entries) == 0:
		return stateError("snapshot 0 is the bare firmware: it has no entry to show")
	}
	changes, err := v.compare(v.after(len(st.entries)-1), st)
	if err != nil {
		return err
	}
	e := st.entries[len(st.entries)-1]
	if asJSON {
		return writeJSON(v.out, shown{e.Name(), e.Label, listed(changes), tallyOf(changes)})
	}
	v.printChanges(changes, true)
	_, err = fmt.Fprintf(v.out, "%s%s: %s\n", upperFirst(e.Name()), quoted(e.Label), tallyOf(changes))
	return err
}
