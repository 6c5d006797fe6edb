package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
		return fmt.Errorf("%w: snapshot %d, the chain has %s", chain.ErrNoState, n, count(len(s.Snapshots()), "snapshot", "snapshots"))
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

// output has write write to a file, which is there as a whole afterwards or as it
// was, or with "-" to standard output. In a dry run nothing is written.
func (c *cli) output(file string, write func(io.Writer) error) (size int64, err error) {
	n := &counted{}
	st, err := os.Stat(file)
	switch {
	case file == "", err == nil && st.IsDir():
		return 0, usageError("-o takes a file, and not %q", file)
	case c.dryRun:
		n.w = io.Discard
		if err = write(n); err == nil {
			fmt.Fprintf(c.out, "Dry run, nothing is written: it would be %s.\n", bytesText(n.n))
		}
		return n.n, err
	case file == "-" && isTerminal(c.out):
		return 0, usageError("standard output is a terminal: -o FILE names a file, or take it into a pipe")
	case file == "-":
		n.w = c.out
		return n.n, write(n)
	case err == nil && !st.Mode().IsRegular(): // a pipe, or /dev/null, which must stay one
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err == nil {
			n.w = f
			err = errors.Join(write(n), f.Close())
		}
		return n.n, err
	}
	if place, err := filepath.EvalSymlinks(file); err == nil {
		file = place // a link to it stays one
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".")
	if err != nil {
		return 0, fmt.Errorf("cannot write %s: %w", file, err)
	}
	n.w = f
	if err = write(n); err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
		return 0, fmt.Errorf("cannot write %s: %w", file, err)
	}
	return n.n, nil
}

// counted counts what is written to w, in bytes.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
