package main

import (
	"errors"
	"fmt"
	"time"

	"chainroot/boot"
	"chainroot/chain"
)

// try saves the changes on trial: as the volatile entry, or as a snapshot. A
// volatile entry that is there becomes a snapshot first: it was kept, may be all
// the configuration that the unit has, and is what a trial goes back to. Its hash,
// and so the name of the state, stays.
func (c *cli) try(s *session, upper, label string, snapshot bool, t *trying) error {
	if err := s.Check(); err != nil {
		return err
	}
	c.damage(s)
	trial := t.trial(chain.Trial{Left: chain.DefaultBoots})
	if s.OnTrial() != nil {
		return c.tryLonger(s, t)
	}
	v := s.Volatile()
	r, err := c.onUnit()
	if err != nil {
		return err
	}
	if r == nil && upper == "" && snapshot {
		return c.tryPromote(s, v, upper, label, trial)
	}
	base := v
	if upper != "" {
		base = nil // it is the delta to the last snapshot, whoever made it
		if v != nil {
			return stateError("the volatile entry has to be a snapshot before another state can be on trial: `snapshot push` makes it one")
		}
	}
	p, stats, err := c.changes(s, upper, base)
	switch {
	case err != nil:
		return err
	case stats.Entries == 0 && v != nil && snapshot:
		return c.tryPromote(s, v, upper, label, trial)
	case stats.Entries == 0 && v != nil:
		return c.nothing(s, "Nothing has changed since the last config: there is nothing to try.")
	case stats.Entries == 0:
		return c.nothing(s, "Nothing has changed since the last snapshot: there is nothing to try.")
	}
	if err := s.CanTry(p, trial); err != nil {
		return err
	}
	if v != nil {
		if err := c.noteRunning(s, upper, v); err != nil {
			return err
		}
		if err := s.Promote("", c.now()); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "The volatile entry is snapshot %d now: that is what a trial goes back to.\n", v.Number)
	}
	if err := s.Try(p, snapshot, label, trial, c.now()); err != nil {
		return err
	}
	if err := c.noteRunning(s, upper, s.OnTrial()); err != nil {
		return err
	}
	return c.tries(s, upper, trial)
}

// tryPromote puts the volatile entry on trial, as a snapshot.
func (c *cli) tryPromote(s *session, v *chain.Entry, upper, label string, trial chain.Trial) error {
	if v == nil {
		return c.nothing(s, "There is nothing to push.")
	}
	if err := c.noteRunning(s, upper, v); err != nil {
		return err
	}
	if err := s.TryPromote(label, trial, c.now()); err != nil {
		return err
	}
	return c.tries(s, upper, trial)
}

// tryLonger gives what is on trial, and runs, a longer time. What has changed
// since is not in it.
func (c *cli) tryLonger(s *session, t *trying) error {
	e := s.OnTrial()
	if t.within == 0 {
		return notOnTrial(s)
	}
	old, _ := e.Trial()
	trial := t.trial(chain.Trial{Left: max(old.Left, 1)})
	if err := s.Retry(trial, c.now()); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is on trial already, and has another %v from now; what has changed since is not in it.\n", upperFirst(e.Name()), trial.Within)
	return c.await(e, trial)
}

// tries says what is on trial, and starts to wait for the confirmation of what
// runs.
func (c *cli) tries(s *session, upper string, trial chain.Trial) error {
	e := s.OnTrial()
	fmt.Fprintf(c.out, "%s%s is in the chain, on trial: %s", upperFirst(e.Name()), quoted(e.Label), count(trial.Left, "boot", "boots"))
	if trial.Within > 0 {
		fmt.Fprintf(c.out, ", and %v from each", trial.Within)
	}
	fmt.Fprintf(c.out, ", for `snapshot confirm` to keep it. State: %s\n", s.ID())
	r, err := c.onUnit()
	if err != nil || r == nil || upper != "" {
		return err
	}
	c.logEvent("try", fmt.Sprintf("%s%s, %s", e.Name(), quoted(e.Label), count(trial.Left, "boot", "boots")))
	return c.await(e, trial)
}

// await starts to wait for the confirmation of e, where it has a time limit and is
// what runs.
func (c *cli) await(e *chain.Entry, trial chain.Trial) error {
	r, err := c.onUnit()
	if err != nil || r == nil || trial.Within == 0 {
		return err
	}
	if ok, err := c.runs(r, e); err != nil || !ok || c.dryRun {
		return err
	}
	err = boot.Deadline{Hash: e.Hash.String(), At: boot.Uptime() + trial.Within}.Write(c.path(boot.DeadlinePath))
	if err == nil {
		err = c.startTimer()
	}
	if err != nil {
		return fmt.Errorf("%s is on trial, but nothing waits for its confirmation: %w; a reboot starts to", e.Name(), err)
	}
	fmt.Fprintf(c.out, "Without a confirmation this unit reboots into the state before at %s.\n", c.now().Add(trial.Within).Format(time.TimeOnly))
	return nil
}

// notOnTrial returns an error with the way out while something is on trial.
func notOnTrial(s *session) error {
	if e := s.OnTrial(); e != nil {
		return fmt.Errorf("%s %w: `snapshot confirm` keeps it, `snapshot rollback` takes it away", e.Name(), chain.ErrOnTrial)
	}
	return nil
}

// running is a state on trial that this system runs on.
type running struct {
	Name, Label string
	Hash        chain.Hash
	Left        int           // boots
	Deadline    time.Duration // by the clock of boot.Uptime; 0: none
}

// errNotHere says that what is on trial is not what runs.
var errNotHere = errors.New("this system does not run on it")

// onTrialHere returns how the running state is on trial; nil if it is not. A system
// that does not run on a chain never is.
func (c *cli) onTrialHere() (here *running, err error) {
	r, err := c.onUnit()
	if err != nil || r == nil || r.Device == "" || r.Layout != boot.Stacked && r.Layout != boot.Flat {
		return nil, err
	}
	err = c.with(false, func(s *session) error {
		here, err = c.trialHere(s)
		return err
	})
	if errors.Is(err, errNotHere) {
		return nil, nil
	}
	return here, err
}

// trialHere returns what is on trial in an open chain; nil if nothing is. The error
// wraps errNotHere, with its exit code, if it is not what runs.
func (c *cli) trialHere(s *session) (*running, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	e := s.OnTrial()
	if e == nil {
		return nil, nil
	}
	r, err := c.onUnit()
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, stateError("%s is on trial, and %w: `--force` confirms it in an image all the same", e.Name(), errNotHere)
	}
	ok, err := c.runs(r, e)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, stateError("%s is on trial, and %w but on %s (%s): reboot first", e.Name(), errNotHere,
			described(r.State.Snapshot, r.State.Volatile), asked(r))
	}
	t, _ := e.Trial()
	here := &running{Name: e.Name(), Label: e.Label, Hash: e.Hash, Left: t.Left}
	if d, err := boot.ReadDeadline(c.path(boot.DeadlinePath)); err == nil && d.Hash == e.Hash.String() {
		here.Deadline = d.At
	}
	return here, nil
}
