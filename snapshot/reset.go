package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"chainroot/chain"
)

var resetCommand = command{
	name:    "reset",
	args:    "[--erase] [--yes]",
	summary: "go back to the bare firmware, and erase what was kept",
	details: `Makes the bare firmware the state that the next boot shows, as ` + "`rollback 0`" + ` does,
which --undo can take back. With --erase nothing can: every erase block of the
flash is erased, and read, so that nothing that was kept can be read there any
more (but for what stands in blocks that have gone bad). The running system is
left alone. If the power fails before it is done, the next boot shows the state
before or the bare firmware; then run it again.

  --erase  erase everything
  --yes    do not ask
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		erase := fs.Bool("erase", false, "")
		yes := fs.Bool("yes", false, "")
		return func(c *cli, _ []string) error {
			return c.with(true, func(s *session) error {
				if err := s.Check(); err != nil {
					return err
				}
				c.damage(s)
				if !*yes && !c.dryRun {
					if err := c.confirm(s, *erase); err != nil {
						return err
					}
				}
				if *erase {
					return c.eraseAll(s)
				}
				return c.rollback(s, 0)
			})
		}
	},
}

// confirm asks a person.
func (c *cli) confirm(s *session, erase bool) error {
	what := "The next boot will show the bare firmware"
	if erase {
		what = fmt.Sprintf("All that %s holds will be erased, for good", s.path)
	}
	fmt.Fprintf(c.out, "%s; now it shows %s. Go on? [y/N] ", what, newest(s))
	switch yes, err := c.answer(); {
	case yes:
		return nil
	case errors.Is(err, io.EOF):
		return usageError("reset asks before it does anything, and nobody answers: --yes does not ask")
	}
	return &codeError{exitFailed, errors.New("nothing was touched")}
}

// answer reads what a person says to a question: only y and yes are a yes. The error
// tells why there is no answer.
func (c *cli) answer() (yes bool, err error) {
	answer, err := bufio.NewReader(c.in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	case "":
		return false, err
	}
	return false, nil
}

func (c *cli) eraseAll(s *session) error {
	w := chain.NewPayloadWriter()
	if _, err := w.Write(make([]byte, 1024)); err != nil { // the end of a tar, tar(5)
		return err
	}
	bare, err := w.Finish()
	if err != nil {
		return err
	}
	if err := s.Reset(bare, c.now()); err != nil {
		return err
	}
	space := s.Space()
	fmt.Fprintf(c.out, "%s are erased, and read as blank", count(space.Blocks, "erase block", "erase blocks"))
	if space.Bad > 0 {
		fmt.Fprintf(c.out, "; %s not be erased: bad blocks", count(space.Bad, "more can", "more can"))
	}
	fmt.Fprintf(c.out, ". The next boot shows the bare firmware.\n")
	return nil
}
