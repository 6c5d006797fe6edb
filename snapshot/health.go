package main

import (
	"flag"
	"fmt"
	"time"
)

var healthCommand = command{
	name:    "health",
	args:    "[--json | --watch]",
	summary: "run the health checks of this unit; --watch confirms what is on trial",
	details: `Runs the programs in these directories of /etc/snapshot/health.d, each in the
order of their names. A check passes when it exits with 0.

  required.d  all must pass, or the running state is unhealthy (exit code 112)
  wanted.d    what fails here is a warning
  green.d     run afterwards if the state is healthy
  red.d       run afterwards if it is not

What is not executable fails. Hidden files, and names that editors and package
managers give to what is not in use (such as x~ or x.dpkg-old), are passed over.
If there is no required check nothing is run, and the exit code is 78. A dry run
leaves out green.d and red.d.

With --watch, which is for the start of the unit, nothing happens unless the
running state is on trial. If it is, the required checks are repeated until all
of them pass in the same round, and the state is confirmed. If that does not
happen in time, the state is given up, with the reason on record, and the unit
reboots to the state before. The other directories are run once, at the end.

  --timeout DURATION   how long a check may take (default 30s); what takes longer
                       is killed, with all that it started, and has failed
  --json               print one JSON object
  --watch              confirm what is on trial, or give it up
  --interval DURATION  between two rounds of --watch (default 10s)
  --deadline DURATION  when --watch gives up (default 5m), if the trial has not to
                       be confirmed earlier
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		watch := fs.Bool("watch", false, "")
		timeout := fs.Duration("timeout", 30*time.Second, "")
		interval := fs.Duration("interval", 10*time.Second, "")
		deadline := fs.Duration("deadline", 5*time.Minute, "")
		return func(c *cli, _ []string) error {
			switch {
			case *timeout <= 0 || *interval <= 0 || *deadline <= 0:
				return usageError("--timeout, --interval and --deadline take a time such as 30s or 5m, longer than nothing")
			case *asJSON && *watch:
				return usageError("health takes --json or --watch, not both")
			case *watch:
				w := &watcher{c: c, trial: c, timeout: *timeout, interval: *interval, deadline: *deadline}
				return w.watch()
			}
			return c.health(*timeout, *asJSON)
		}
	},
}

// health runs all checks once.
func (c *cli) health(timeout time.Duration, asJSON bool) error {
	names, err := c.required()
	if err != nil {
		return err
	}
	h := &health{Healthy: true}
	ran := func(r checkResult) {
		h.add(r)
		if !asJSON {
			c.printCheck(r)
		}
	}
	for _, name := range names {
		ran(c.runCheck(requiredDir, name, timeout))
	}
	c.runDir(wantedDir, timeout, ran)
	c.logEvent("health", h.event()) // what runs now may send the log somewhere
	after := redDir
	if h.Healthy {
		after = greenDir
	}
	c.runDir(after, timeout, ran)
	if asJSON {
		err = writeJSON(c.out, h)
	} else if h.Healthy {
		_, err = fmt.Fprintf(c.out, "%s.\n", h.summary())
	}
	if err == nil && !h.Healthy {
		err = unhealthyError("%s", h.summary())
	}
	return err
}
