package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"chainroot/boot"
)

var confirmCommand = command{
	name:    "confirm",
	summary: "keep the state on trial that runs, for good",
	details: `Ends the trial of the state that runs: it stays, and its boots are not counted any
more. What is on trial but does not run is not confirmed. The exit code is 113
where nothing is on trial.

With --device, --force confirms what is on trial in an image.
`,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, _ []string) error { return c.confirmRunning() }
	},
}

// confirmRunning confirms the state on trial that runs.
func (c *cli) confirmRunning() error {
	return c.with(true, func(s *session) error {
		here, err := c.trialHere(s)
		if forced := c.force && !s.own && errors.Is(err, errNotHere); err != nil && !forced {
			return err
		}
		e := s.OnTrial()
		if e == nil {
			return &codeError{exitNoTrial, errors.New("nothing is on trial, there is nothing to confirm")}
		}
		c.damage(s)
		if err := s.Confirm(c.now()); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s%s is confirmed. State: %s\n", upperFirst(e.Name()), quoted(e.Label), s.ID())
		if here == nil || c.dryRun {
			return nil
		}
		c.logEvent("confirm", e.Name()+quoted(e.Label))
		if err := os.Remove(c.path(boot.DeadlinePath)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("it is confirmed, but %w", err)
		}
		return nil
	})
}

// giveUpRunning goes back from the state on trial that runs: it records why, and
// reboots.
func (c *cli) giveUpRunning(reason string) error {
	err := c.with(true, func(s *session) error {
		here, err := c.trialHere(s)
		if err != nil {
			return err
		}
		if here == nil {
			return &codeError{exitNoTrial, errors.New("nothing is on trial, there is nothing to go back from")}
		}
		if err := s.GiveUp(reason, c.now()); err != nil {
			return err
		}
		c.logEvent("give up", fmt.Sprintf("%s%s: %s", here.Name, quoted(here.Label), reason))
		fmt.Fprintf(c.out, "%s%s is given up: %s. Rebooting into %s.\n", upperFirst(here.Name), quoted(here.Label), escaped(reason), newest(s))
		return nil
	})
	if err != nil {
		return err
	}
	return c.reboot()
}
