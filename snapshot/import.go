package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"chainroot/chain"
	"chainroot/chain/delta"
)

var importCommand = command{
	name:    "import",
	args:    "FILE | - [--rebase]",
	summary: "add what export or build has written to the chain",
	maxArgs: 1,
	details: `Adds the snapshots in FILE, or from standard input, behind the last one of the
chain. All of the file is read, and its hashes and tars are checked, before
anything is written; either all of it is in the chain afterwards, or none. The next
boot shows it.

A snapshot is a difference to the state in front of it. So what does not follow on
from the state that the chain has is refused. What the chain has already is left as
it is: the same import again writes nothing, and a whole chain can be imported
again when it has grown.

  --rebase  put it on top of the last snapshot, whatever that is, and below the
            volatile entry, if there is one
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		rebase := fs.Bool("rebase", false, "")
		return func(c *cli, args []string) error {
			if len(args) == 0 {
				return usageError("import takes a file that export or build has written, or - for standard input")
			}
			return c.with(true, func(s *session) error { return c.importFile(s, args[0], *rebase) })
		}
	},
}

func (c *cli) importFile(s *session, file string, rebase bool) error {
	if err := s.Check(); err != nil {
		return err
	}
	c.damage(s)
	if err := notOnTrial(s); err != nil {
		return err
	}
	x, err := c.readExport(s, file)
	if err != nil {
		return err
	}
	before := newest(s)
	added, err := s.Import(x, rebase, c.now())
	switch {
	case errors.Is(err, chain.ErrNothing):
		return c.nothing(s, "The chain has all of %s already.", file)
	case errors.Is(err, chain.ErrFollows) && rebase:
		return fmt.Errorf("cannot import %s: %w, and nothing was touched; `snapshot push` makes the one here a snapshot", file, err)
	case errors.Is(err, chain.ErrFollows):
		return fmt.Errorf("cannot import %s: %w, and nothing was touched; --rebase puts it on top of the last snapshot all the same", file, err)
	case err != nil:
		return err
	case added == 0:
		fmt.Fprintf(c.out, "The volatile entry is snapshot %d now, as in %s. State: %s\n", len(s.Snapshots()), file, s.ID())
		return nil
	}
	fmt.Fprintf(c.out, "Imported %s: the next boot shows %s, where it was %s. State: %s\n",
		count(added, "entry", "entries"), newest(s), before, s.ID())
	return nil
}

// readExport reads an export, and the tars in it as a boot would.
func (c *cli) readExport(s *session, file string) (*chain.Export, error) {
	in := c.in
	if file == "-" {
		if isTerminal(in) {
			return nil, usageError("standard input is a terminal: name a file, or take it out of a pipe")
		}
	} else {
		f, err := os.Open(file)
		if err != nil {
			return nil, &codeError{exitDevice, fmt.Errorf("cannot import: %w", err)}
		}
		defer f.Close()
		in = f
	}
	x, err := s.ReadExport(c.progress.reader("reading the export", in))
	if err != nil {
		return nil, fmt.Errorf("cannot import %s, and nothing was touched: %w", file, err)
	}
	for i, p := range x.Entries {
		if err := readAll(p.Payload); err != nil {
			return nil, fmt.Errorf("cannot import %s, and nothing was touched: entry %d: %w", file, i+1, err)
		}
	}
	return x, nil
}

// readAll reads the tar of a payload to its end.
func readAll(p *chain.Payload) error {
	r := p.Tar()
	if err := delta.NewTree().Add(r); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, r) // it ends where its header says
	return err
}
