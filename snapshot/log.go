package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"chainroot/boot"
	"chainroot/chain"
)

var logCommand = command{
	name:    "log",
	args:    "[--json | --motd]",
	summary: "tell what happened: trials, confirmations, roll-backs and why",
	details: `Lists what the records on flash say of the entries of the chain and of the one
that was rolled back last, oldest first; then what happened in this boot: the
state on trial that was booted or given up, and what commands and health checks
have said since. The former survives a reboot, the latter is in RAM, at most
64 KiB of it. Times are those of the unit's clock, in UTC.

  --json  as a JSON array
  --motd  for a login: a line if the unit is on trial, or has gone back and
          nothing was kept since; once in each boot
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		motd := fs.Bool("motd", false, "")
		return func(c *cli, _ []string) error {
			return c.with(false, func(s *session) error {
				if *motd {
					return c.motd(s)
				}
				list, err := c.history(s)
				if err != nil {
					return err
				}
				if *asJSON {
					return writeJSON(c.out, list)
				}
				return printEvents(c.out, list)
			})
		}
	},
}

// history returns all that is known, from the flash first.
func (c *cli) history(s *session) ([]event, error) {
	list := []event{}
	for _, e := range s.History() {
		list = append(list, event{Where: "flash", Time: e.Time, Kind: e.Kind, Entry: e.Entry, Text: recordText(e)})
	}
	r, err := c.onUnit()
	if err != nil || r == nil {
		return list, err
	}
	if t := r.Trial; t != nil {
		e := event{Where: "boot", Time: c.now().UTC().Add(-boot.Uptime()), Kind: "attempt", Entry: t.Entry, Text: fmt.Sprintf("booted on trial, %s left", count(t.Left, "boot is", "boots are"))}
		switch {
		case t.GaveUp != "":
			e.Kind, e.Text = "fail", t.GaveUp
		case t.Refused != "":
			e.Kind, e.Text = "refuse", t.Refused
		}
		list = append(list, e)
	}
	events, err := c.events()
	return append(list, events...), err
}

// recordText says what a record means, beside its kind and entry.
func recordText(e chain.Event) string {
	switch {
	case e.Kind == "fail":
		return e.Reason
	case e.Left > 0 || e.Kind == "attempt":
		return fmt.Sprintf("on trial, %s left", count(e.Left, "boot is", "boots are"))
	}
	return e.Label
}

func printEvents(out io.Writer, list []event) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "Nothing has happened yet.")
		return err
	}
	for _, e := range list {
		when := timeText(e.Time)
		if e.Uptime > 0 {
			when += fmt.Sprintf(" (%.0f s up)", e.Uptime)
		}
		// What follows a line break stands under it.
		text := strings.ReplaceAll(escapedLines(strings.TrimRight(e.Text, "\n")), "\n", "\n    ")
		line := escaped(strings.TrimSpace(e.Entry + " " + e.Kind))
		if text != "" {
			line += ": " + text
		}
		if _, err := fmt.Fprintf(out, "%s  %-5s  %s\n", when, e.Where, line); err != nil {
			return err
		}
	}
	return nil
}

// saidPath holds what the message of the day has said in this boot.
const saidPath = "/snapshot/said"

// motd says once what one who logs in should know.
func (c *cli) motd(s *session) error {
	var line string
	if e := s.OnTrial(); e != nil {
		t, _ := e.Trial()
		line = fmt.Sprintf("%s%s is on trial, %s left: `snapshot confirm` keeps it.", upperFirst(e.Name()), quoted(e.Label), count(t.Left, "boot is", "boots are"))
	} else if f, ok := s.Failed(); ok {
		line = fmt.Sprintf("%s%s was given up (%s): %s. `snapshot log` tells more.", upperFirst(f.Name), quoted(f.Label), timeText(f.Time)+" UTC", escaped(f.Reason))
	}
	said, err := os.ReadFile(c.path(saidPath))
	if line == "" || s.own && err == nil && string(said) == line {
		return nil
	}
	if _, err := fmt.Fprintln(c.out, line); err != nil || !s.own || c.dryRun {
		return err // of an image nobody notes it
	}
	return os.WriteFile(c.path(saidPath), []byte(line), 0o644)
}
