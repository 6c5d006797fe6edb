package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"chainroot/boot"
)

var statusCommand = command{
	name:    "status",
	args:    "[--changes] [--json]",
	summary: "show what runs and why, what is on trial, what comes next",
	details: `Shows the state that runs and why it is that one, the state that the next boot
shows, what is on trial, what the unit goes back to, the room on the flash, and
the last trial that failed. The exit code is 0 when the last state runs, 114 when
that is on trial, 115 when another one runs.

With --device there is no running state, and the exit code is 0.

With --changes it shows instead what config would keep of all that has changed since
the last snapshot: A for added, M for modified, D for deleted, the size in bytes and
the path, and a sum; then what it would drop, and which line of /etc/snapshot/exclude
or which default says so. What is in a directory that is dropped goes with it. The
exit code is 0.

  --changes  what config would keep, and what it would drop
  --json     as one JSON object
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		changes := fs.Bool("changes", false, "")
		return func(c *cli, _ []string) error {
			if *changes {
				return c.statusChanges(*asJSON)
			}
			return c.with(false, func(s *session) error {
				st, err := c.status(s)
				if err != nil {
					return err
				}
				if *asJSON {
					err = writeJSON(c.out, st)
				} else {
					err = st.print(c.out)
				}
				if err == nil && st.code != exitOK {
					return &codeError{st.code, errQuiet}
				}
				return err
			})
		}
	},
}

// errQuiet ends a run that has said all, with the exit code of a codeError.
var errQuiet = errors.New("said already")

// status is what `status --json` prints.
type status struct {
	Running    *runningState `json:"running"`   // null: not on the unit
	Next       string        `json:"next"`      // the state that the next boot shows
	ID         string        `json:"id"`        // of that
	Pending    bool          `json:"pending"`   // it is another one than runs
	Trial      *trialState   `json:"trial"`     // null: nothing is on trial
	Confirmed  string        `json:"confirmed"` // the last state that is not on trial
	Blocks     int           `json:"blocks"`
	Free       int           `json:"free_blocks"`
	FreeBytes  int64         `json:"free"`
	RolledBack int           `json:"rolled_back"` // entries that rollback --undo brings back
	Failed     *failedTrial  `json:"failed"`      // the last trial, if it failed and nothing was kept since; else null
	Damage     []damage      `json:"damage"`

	code int
}

type runningState struct {
	State    string `json:"state"`
	ID       string `json:"id"`
	Why      string `json:"why"`
	Fallback bool   `json:"fallback"` // not the last state there was
}

type trialState struct {
	Entry   string  `json:"entry"`
	Label   string  `json:"label"`
	Running bool    `json:"running"`
	Left    int     `json:"left"`    // boots
	Within  float64 `json:"within"`  // seconds from each boot to a confirmation; 0: no limit
	Seconds float64 `json:"seconds"` // that are left of them; 0: no limit
}

type failedTrial struct {
	Entry  string    `json:"entry"`
	Label  string    `json:"label"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
}

func (c *cli) status(s *session) (*status, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	space := s.Space()
	st := &status{
		Next: newest(s), ID: s.ID().String(), Confirmed: newest(s), Damage: damages(s),
		Blocks: space.Blocks, Free: space.Free, FreeBytes: int64(space.Free) * int64(space.EraseSize), RolledBack: space.RolledBack,
	}
	if f, ok := s.Failed(); ok {
		st.Failed = &failedTrial{Entry: f.Name, Label: f.Label, Time: f.Time, Reason: f.Reason}
	}
	if e := s.OnTrial(); e != nil {
		t, _ := e.Trial()
		st.Trial = &trialState{Entry: e.Name(), Label: e.Label, Left: t.Left, Within: t.Within.Seconds()}
		st.Confirmed = stateName(len(s.Entries()) - 1)
	}
	r, err := c.onUnit()
	if err != nil || r == nil {
		return st, err
	}
	return st, c.statusOfUnit(s, r, st)
}

// statusOfUnit adds what is known of the running unit.
func (c *cli) statusOfUnit(s *session, r *boot.Report, st *status) error {
	last := r.State.ID == st.ID
	if n := len(s.Entries()); n > 0 && !last {
		// What was saved since the boot runs, too.
		var err error
		if last, err = c.runs(r, s.Entries()[n-1]); err != nil {
			return err
		}
		if _, _, err := c.since(s, r); err != nil {
			last = false
		}
	}
	st.Pending = !last
	st.Running = &runningState{State: described(r.State.Snapshot, r.State.Volatile), ID: r.State.ID, Why: "it is the last one"}
	saved := last && r.State.ID != st.ID // since the boot, whatever that fell back to
	if saved {
		st.Running = &runningState{State: st.Next, ID: st.ID, Why: "it was saved since the boot of " + st.Running.State}
	}
	if why := fallback(r, last); why != "" && !saved {
		st.Running.Why, st.Running.Fallback = why, true
		st.code = exitFallback
	}
	if st.Trial == nil || !last {
		return nil
	}
	here, err := c.trialHere(s)
	if err != nil || here == nil {
		return err
	}
	st.Trial.Running, st.code = true, exitTrial
	if here.Deadline > 0 {
		st.Trial.Seconds = max(here.Deadline-boot.Uptime(), 0).Seconds()
	}
	return nil
}

// fallback returns why another state was booted than the last one there was, or
// nothing. One that was asked for, and is the last meanwhile, is none.
func fallback(r *boot.Report, last bool) string {
	if t := r.Trial; t != nil && t.GaveUp+t.Refused != "" {
		if t.GaveUp != "" {
			return t.Entry + " was given up: " + t.GaveUp
		}
		return t.Refused
	}
	if r.Asked != "last" && r.Asked != "" && !last {
		return asked(r)
	}
	booted := map[string]bool{"repair": true} // that is no state
	for _, e := range r.Entries {
		booted[entryName(e)] = true
	}
	for _, s := range r.Skipped {
		if !booted[s.What] {
			return fmt.Sprintf("the boot passed over %s: %s", s.What, s.Reason)
		}
	}
	return ""
}

// entryName is what the report of a boot calls an entry.
func entryName(e boot.Entry) string {
	if e.Volatile {
		return "volatile"
	}
	return fmt.Sprintf("snapshot %d", e.Number)
}

func (st *status) print(out io.Writer) error {
	if r := st.Running; r != nil {
		fmt.Fprintf(out, "running    %s, for %s\n", r.State, r.Why)
	}
	pending := ""
	if st.Running != nil && st.Pending {
		pending = " (another state than runs)"
	}
	fmt.Fprintf(out, "next boot  %s%s\n", st.Next, pending)
	if t := st.Trial; t != nil {
		fmt.Fprintf(out, "on trial   %s%s, %s left", t.Entry, quoted(t.Label), count(t.Left, "boot is", "boots are"))
		switch {
		case t.Seconds > 0:
			fmt.Fprintf(out, ", to be confirmed in %v", time.Duration(t.Seconds*float64(time.Second)).Truncate(time.Second))
		case t.Within > 0:
			fmt.Fprintf(out, ", to be confirmed in %v from each", time.Duration(t.Within*float64(time.Second)))
		}
		if st.Running != nil && !t.Running {
			fmt.Fprint(out, "; it does not run")
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "confirmed  %s\n", st.Confirmed)
	fmt.Fprintf(out, "free       %d of %s (%s)\n", st.Free, count(st.Blocks, "erase block", "erase blocks"), bytesText(st.FreeBytes))
	if st.RolledBack > 0 {
		fmt.Fprintf(out, "gone back  from %s; `snapshot rollback --undo` takes that back\n", count(st.RolledBack, "entry", "entries"))
	}
	if f := st.Failed; f != nil {
		fmt.Fprintf(out, "gave up    %s%s, %s: %s\n", f.Entry, quoted(f.Label), timeText(f.Time), escaped(f.Reason))
	}
	for _, d := range st.Damage {
		fmt.Fprintf(out, "damage     %s: %s\n", d.What, d.Reason)
	}
	_, err := fmt.Fprintf(out, "state      %s\n", st.ID)
	return err
}
