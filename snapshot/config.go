package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
)

var configCommand = command{
	name:    "config",
	args:    "[--label TEXT] [--upper DIR] [--try[=BOOTS]] [--confirm-within TIME]",
	summary: "save what changed since the last snapshot as the volatile entry",
	details: `Saves the difference between the running system and the last snapshot as the
volatile entry of the chain, in place of the one there is. Until this, changes
live in RAM and a reboot forgets them. Saving the same again writes nothing;
saving no difference takes the volatile entry out of the chain.

Dropped is what /etc/snapshot/exclude names, and what is dropped by default:
` + defaultsHelp + `What /etc/snapshot/include names is kept in spite of both, with all that lies in it,
and though it is in a directory that is dropped. Both files have the syntax of
gitignore. ` + "`snapshot status --changes`" + ` shows what is kept, what is dropped and why.

With --device the difference is the overlay upper directory named by --upper.

  --label TEXT  a name for the entry, at most 80 bytes
  --upper DIR   the upper directory to save (on a unit: /overlay/upper)
` + tryHelp,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		label := fs.String("label", "", "")
		upper := fs.String("upper", "", "")
		try := tryFlags(fs)
		return func(c *cli, _ []string) error {
			if err := checkLabel(*label); err != nil {
				return err
			}
			return c.with(true, func(s *session) error {
				if try.asked() {
					return c.try(s, *upper, *label, false, try)
				}
				return c.save(s, *upper, *label)
			})
		}
	},
}

// save writes the delta of the running system, or of the upper directory
// given, as the volatile entry, and says what it did.
func (c *cli) save(s *session, upper, label string) error {
	if err := s.Check(); err != nil {
		return err
	}
	c.damage(s)
	if err := notOnTrial(s); err != nil {
		return err
	}
	p, stats, err := c.changes(s, upper, nil)
	if err != nil {
		return err
	}
	if stats.Entries == 0 {
		return c.saveNothing(s)
	}
	switch err := s.WriteVolatile(p, label, c.now()); {
	case errors.Is(err, chain.ErrNothing):
		return c.nothing(s, "Nothing has changed since the last config.")
	case err != nil:
		return err
	}
	v, space := s.Volatile(), s.Space()
	if err := c.noteRunning(s, upper, v); err != nil { // a trial on top of it needs that
		fmt.Fprintf(c.errs, "snapshot: the changes are saved, but %v\n", err)
	}
	fmt.Fprintf(c.out, "Saved %s in %s of flash (%s); %s left.\n",
		count(stats.Entries, "file", "files"), bytesText(v.Stored), count(v.Blocks, "erase block", "erase blocks"), count(space.Free, "erase block", "erase blocks"))
	return nil
}

// changes packs the delta of the running system, or of the upper directory given:
// what differs from the snapshots and, if v is not nil, from that volatile entry.
func (c *cli) changes(s *session, upper string, v *chain.Entry) (*chain.Payload, delta.Stats, error) {
	r, err := c.onUnit()
	if err != nil {
		return nil, delta.Stats{}, err
	}
	if r == nil || upper != "" {
		if upper == "" {
			return nil, delta.Stats{}, usageError("with --device, config needs the upper directory to save: --upper DIR")
		}
		return c.pack(upper, &delta.PackOptions{})
	}
	o, err := c.difference(s, r, v)
	if err != nil {
		return nil, delta.Stats{}, err
	}
	return c.pack(c.path(upperPath), o)
}

// difference says how to pack what differs between the running system and the
// snapshots and, if v is not nil, that volatile entry.
func (c *cli) difference(s *session, r *boot.Report, v *chain.Entry) (*delta.PackOptions, error) {
	rest, mixed, err := c.since(s, r)
	if err != nil {
		return nil, err
	}
	if v != nil {
		if ok, err := c.runs(r, v); err != nil {
			return nil, err
		} else if !ok {
			return nil, stateError("this system does not run on the volatile entry of the chain: `snapshot config` replaces it, a reboot boots it")
		}
		rest = append(rest, v)
	}
	return c.packOptions(s, rest, mixed)
}

// saveNothing makes the chain say that the last snapshot is the state.
func (c *cli) saveNothing(s *session) error {
	switch err := s.Rollback(len(s.Snapshots()), c.now()); {
	case errors.Is(err, chain.ErrNothing):
		return c.nothing(s, "Nothing has changed since the last snapshot.")
	case err != nil:
		return err
	}
	fmt.Fprintln(c.out, "Nothing differs from the last snapshot any more: the volatile entry is out of the chain (`snapshot rollback --undo` brings it back).")
	return nil
}

// packOptions are those for the running system, which contains the entries in
// rest already; with mixed, a part of them in its lower layers.
func (c *cli) packOptions(s *session, rest []*chain.Entry, mixed bool) (*delta.PackOptions, error) {
	o := &delta.PackOptions{}
	root, err := delta.ReadAttr(c.path(lowerPath))
	if err != nil {
		return nil, err
	}
	o.Root = root
	if len(rest) > 0 {
		o.Base = delta.NewTree()
		for _, e := range rest {
			if err := addTo(o.Base, s, e); err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", e.Name(), err)
			}
		}
	}
	if mixed {
		o.Lower = c.path(lowerPath)
	}
	choice, err := c.choice()
	if err != nil {
		return nil, err
	}
	o.Choose = choice.Choose
	return o, nil
}

// addTo adds the tar of an entry to a *delta.Tree or a *delta.Fold.
func addTo(to interface{ Add(io.Reader) error }, s *session, e *chain.Entry) error {
	r, err := s.Tar(e)
	if err != nil {
		return err
	}
	err = to.Add(r)
	if closed := r.Close(); err == nil {
		err = closed
	}
	return err
}

func (c *cli) pack(upper string, o *delta.PackOptions) (*chain.Payload, delta.Stats, error) {
	w := chain.NewPayloadWriter()
	stats, err := delta.Pack(c.progress.writer("packing files", w), upper, o)
	if err != nil {
		return nil, stats, err
	}
	p, err := w.Finish()
	return p, stats, err
}

func checkLabel(label string) error {
	if len(label) > chain.MaxLabel {
		return usageError("the label has %d bytes, it can have %d", len(label), chain.MaxLabel)
	}
	for _, r := range label {
		if r < ' ' || r == 0x7F || r == 0xFFFD {
			return usageError("the label %q has a character that does not print", label)
		}
	}
	return nil
}
