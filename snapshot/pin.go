package main

import (
	"errors"
	"flag"
	"fmt"

	"chainroot/chain"
)

var pinCommand = command{
	name:    "pin",
	args:    "N",
	summary: "see to it that snapshot N does not go",
	maxArgs: 1,
	details: `Snapshot N stays as it is: compact folds those before it and those behind it, and
not this one, and no roll-back takes it away. It is one record on the flash.
unpin ends that; reset --erase erases pinned snapshots as well.
`,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, args []string) error { return c.pin(args, true) }
	},
}

var unpinCommand = command{
	name:    "unpin",
	args:    "N",
	summary: "let snapshot N be folded and rolled back again",
	maxArgs: 1,
	details: `Ends what pin has begun.
`,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, args []string) error { return c.pin(args, false) }
	},
}

func (c *cli) pin(args []string, pinned bool) error {
	verb, not := "pin", ""
	if !pinned {
		verb, not = "unpin", "not "
	}
	if len(args) == 0 {
		return usageError("%s takes the number of a snapshot: `snapshot list` shows them", verb)
	}
	n, err := snapshotNumber(args[0])
	if err != nil {
		return err
	}
	return c.with(true, func(s *session) error {
		if err := s.Check(); err != nil {
			return err
		}
		c.damage(s)
		switch err := s.Pin(n, pinned, c.now()); {
		case errors.Is(err, chain.ErrNothing):
			return c.nothing(s, "Snapshot %d is %spinned already.", n, not)
		case errors.Is(err, chain.ErrOnTrial):
			return notOnTrial(s)
		case err != nil:
			return err
		}
		fmt.Fprintf(c.out, "Snapshot %d%s is %spinned.\n", n, quoted(s.Snapshots()[n-1].Label), not)
		return nil
	})
}

// pinnedError gives an error about a pinned snapshot the way out.
func pinnedError(err error) error {
	if errors.Is(err, chain.ErrPinned) {
		return fmt.Errorf("%w: `snapshot unpin` lets it go, and `snapshot.rollback` on the kernel command line boots an older state for once", err)
	}
	return err
}
