package main

import (
	"flag"
	"fmt"
	"io"

	"chainroot/chain"
)

var exportCommand = command{
	name:    "export",
	args:    "N | --all [-o FILE]",
	summary: "write a snapshot, or the whole chain, to a file for other units",
	maxArgs: 1,
	details: `Writes snapshot N, or with --all every snapshot and the volatile entry, to standard
output or a file, with a hash over all of it. It says on which state it stands:
import adds it to a chain that has this state, and units that had the same chain
before have the same one after that. What is on trial is not written.

  --all    the whole chain
  -o FILE  write to FILE (default: standard output, which must not be a terminal)
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		all := fs.Bool("all", false, "")
		file := fs.String("o", "-", "")
		return func(c *cli, args []string) error {
			if *all == (len(args) > 0) {
				return usageError("export takes the number of a snapshot, or --all")
			}
			n := allEntries
			if !*all {
				var err error
				if n, err = snapshotNumber(args[0]); err != nil {
					return err
				}
			}
			return c.with(false, func(s *session) error { return c.export(s, n, *file) })
		}
	},
}

// allEntries stands for the number of a snapshot.
const allEntries = -1

// export writes snapshot n, or all entries.
func (c *cli) export(s *session, n int, file string) error {
	if err := s.Check(); err != nil {
		return err
	}
	c.damage(s)
	entries := s.Entries()
	switch {
	case n == allEntries && len(entries) == 0:
		return fmt.Errorf("%w: the chain has no entry", chain.ErrNoState)
	case n == 0:
		return fmt.Errorf("%w: 0 is the bare firmware, which is not in the chain", chain.ErrNoState)
	case n > len(s.Snapshots()):
		return s.NoSnapshot(n)
	case n > 0:
		entries = entries[n-1 : n]
	}
	// What nobody has confirmed is not to spread.
	if last := entries[len(entries)-1]; last == s.OnTrial() {
		return notOnTrial(s)
	}
	size, err := c.output(file, func(w io.Writer) error { return s.Export(w, entries) })
	if err != nil || file == "-" || c.dryRun {
		return err
	}
	what := upperFirst(entries[0].Name()) + quoted(entries[0].Label)
	if n == allEntries {
		what = fmt.Sprintf("The chain of %s", count(len(entries), "entry", "entries"))
	}
	fmt.Fprintf(c.out, "%s is in %s: %s.\n", what, file, bytesText(size))
	return nil
}
