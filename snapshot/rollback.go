package main

import (
	"errors"
	"flag"
	"fmt"

	"chainroot/chain"
)

var rollbackCommand = command{
	name:    "rollback",
	args:    "[N | --undo]",
	summary: "go back to the state before, or to snapshot N (0: bare firmware)",
	maxArgs: 1,
	details: `Ends the chain at the state before the last, or behind snapshot N, without the
volatile entry; 0 is the bare firmware. Nothing is erased, and the running
system is left alone: the next boot shows the older state. --undo takes the
last roll-back back, until a config or push has used its space, or a compact.
A pinned snapshot is not taken away: see pin.

  --undo  take the last roll-back back
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		undo := fs.Bool("undo", false, "")
		return func(c *cli, args []string) error {
			if *undo && len(args) > 0 {
				return usageError("rollback takes a number or --undo, not both")
			}
			n := -1
			if len(args) > 0 {
				var err error
				if n, err = snapshotNumber(args[0]); err != nil {
					return err
				}
			}
			return c.with(true, func(s *session) error {
				if err := s.Check(); err != nil {
					return err
				}
				c.damage(s)
				if *undo {
					return c.undo(s)
				}
				return c.rollback(s, n)
			})
		}
	},
}

// rollback ends the chain behind snapshot n, or one state earlier than it does
// when n is negative.
func (c *cli) rollback(s *session, n int) error {
	was := len(s.Entries())
	if n < 0 {
		n = max(was-1, 0)
	}
	switch err := s.Rollback(n, c.now()); {
	case errors.Is(err, chain.ErrNothing):
		return c.nothing(s, "The chain ends at %s already.", stateName(n))
	case err != nil:
		return pinnedError(err)
	}
	fmt.Fprintf(c.out, "The next boot shows %s.", stateName(n))
	if s.Space().RolledBack > 0 {
		fmt.Fprintf(c.out, " `snapshot rollback --undo` brings back %s, until a config uses the space.", count(was-n, "entry", "entries"))
	}
	fmt.Fprintf(c.out, " State: %s\n", s.ID())
	return nil
}

func (c *cli) undo(s *session) error {
	was := len(s.Entries())
	if err := s.Undo(c.now()); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s back: the next boot shows %s. State: %s\n",
		count(len(s.Entries())-was, "entry is", "entries are"), newest(s), s.ID())
	return nil
}
