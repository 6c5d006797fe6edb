package main

import (
	"flag"
	"fmt"
)

var pushCommand = command{
	name:    "push",
	args:    "[--label TEXT] [--try[=BOOTS]] [--confirm-within TIME]",
	summary: "make the volatile entry a snapshot, for good",
	details: `Saves what changed, as config does, and turns the volatile entry into the next
snapshot of the chain. That is one record: nothing is copied or erased. The unit
need not reboot; the next config saves the difference to the new snapshot.

With --device it turns the volatile entry of the image into a snapshot.

  --label TEXT  a name for the snapshot, at most 80 bytes
  --upper DIR   save this upper directory first (on a unit: /overlay/upper)
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
					return c.try(s, *upper, *label, true, try)
				}
				return c.push(s, *upper, *label)
			})
		}
	},
}

func (c *cli) push(s *session, upper, label string) error {
	r, err := c.onUnit()
	if err != nil {
		return err
	}
	if r != nil || upper != "" {
		if err := c.save(s, upper, ""); err != nil {
			return err
		}
	} else {
		if err := s.Check(); err != nil {
			return err
		}
		c.damage(s)
		if err := notOnTrial(s); err != nil {
			return err
		}
	}
	v := s.Volatile()
	if v == nil {
		return c.nothing(s, "There is nothing to push.")
	}
	if err := c.noteRunning(s, upper, v); err != nil {
		return err
	}
	if err := s.Promote(label, c.now()); err != nil {
		return err
	}
	n := s.Snapshots()
	last := n[len(n)-1]
	fmt.Fprintf(c.out, "Snapshot %d%s is in the chain. State: %s\n", last.Number, quoted(last.Label), s.ID())
	return nil
}

// quoted returns a label in brackets, or nothing. One that was imported can be
// anything.
func quoted(label string) string {
	if label == "" {
		return ""
	}
	return " (" + escaped(label) + ")"
}
