package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"chainroot/boot"
	"chainroot/chain"
)

// countTrial records that a boot of the state on trial begins, before anything
// of it is used: a boot that hangs has been counted. What cannot be counted is
// not booted. With a state asked for on the command line nothing is written.
func (u *unit) countTrial() error {
	if u.chain == nil || u.par.asked != (asked{}) {
		return nil
	}
	e := u.chain.OnTrial()
	if e == nil {
		return nil
	}
	t, _ := e.Trial()
	report := &boot.Trial{Entry: entryName(e), Hash: e.Hash.String(), Left: t.Left, Within: int64(t.Within / time.Second)}
	u.report.Trial = report
	err := u.chain.Writable()
	if err == nil {
		err = u.writing(func(c *chain.Chain) error { return u.attempt(c, e, report) })
	}
	u.chain = u.again(u.chain)
	now := u.chain.OnTrial()
	switch {
	case report.GaveUp != "":
		return nil
	case err == nil && now != nil && now.Hash == e.Hash && left(now) == report.Left:
		u.log.infof("%s is on trial, with %s after this", e.Name(), boots(report.Left))
		return nil
	case err == nil:
		err = errors.New("the record of this boot does not hold")
	}
	err = fmt.Errorf("%s is on trial, and no boot of it can be recorded: %w", e.Name(), err)
	report.Refused = err.Error()
	if now != nil {
		u.reject(now, err)
	} else {
		u.skip(report.Entry, err)
	}
	return nil
}

// attempt records a boot of e on trial, or ends the trial that has none left.
func (u *unit) attempt(c *chain.Chain, e *chain.Entry, report *boot.Trial) error {
	now := c.OnTrial()
	if now == nil || now.Hash != e.Hash {
		return errors.New("it reads differently now")
	}
	err := c.Attempt(time.Now())
	if err == nil {
		report.Left--
	}
	if !errors.Is(err, chain.ErrSpent) {
		return err
	}
	reason := "it was not confirmed in any of its boots"
	if errors.Is(err, chain.ErrNoSlot) {
		reason = "the flash has no room to record another boot of it"
	}
	if err := u.giveUp(c, e.Name(), reason); err != nil {
		return err
	}
	report.GaveUp = reason
	return nil
}

// giveUp ends the trial for good.
func (u *unit) giveUp(c *chain.Chain, name, reason string) error {
	if err := c.GiveUp(reason, time.Now()); err != nil {
		return fmt.Errorf("cannot go back: %w", err)
	}
	u.log.errorf("%s was on trial and is given up: %s", name, reason)
	return nil
}

func left(e *chain.Entry) int {
	t, _ := e.Trial()
	return t.Left
}

func boots(n int) string {
	if n == 1 {
		return "1 boot left"
	}
	return fmt.Sprintf("%d boots left", n)
}

// onTrial reports whether what is booted is the state on trial.
func (u *unit) onTrial() bool {
	t := u.report.Trial
	return t != nil && t.GaveUp == "" && t.Refused == ""
}

// judgeTrial gives up a state on trial that could not be built: the one before
// boots now, and so it would each time. Where nothing but the squashfs alone
// boots, that is not the fault of this state.
func (u *unit) judgeTrial() error {
	if !u.onTrial() || u.plan == u.target || u.plan.layout == boot.Bare {
		return nil
	}
	t, reason := u.report.Trial, "it cannot be booted"
	if n := len(u.report.Skipped); n > 0 {
		reason = u.report.Skipped[n-1].Reason
		for _, s := range u.report.Skipped {
			if s.What == t.Entry {
				reason = s.Reason
				break
			}
		}
	}
	err := u.writing(func(c *chain.Chain) error {
		if now := c.OnTrial(); now == nil || now.Hash.String() != t.Hash {
			return chain.ErrNothing
		}
		return u.giveUp(c, t.Entry, reason)
	})
	if err != nil {
		t.Refused = reason
		u.log.errorf("%s is on trial and cannot be booted, and could not be given up: %v", t.Entry, err)
		return nil
	}
	t.GaveUp = reason
	return nil
}

// panicPath says after how many seconds a kernel that panics reboots; 0: never.
const panicPath = "/proc/sys/kernel/panic"

// panicTime is what it is set to, in seconds, for a boot on trial: a kernel panics
// when its init ends, and the unit has to come back.
const panicTime = 10

// guardTrial sees to it that a boot on trial ends, however it hangs.
func (u *unit) guardTrial() error {
	if !u.onTrial() {
		return nil
	}
	if b, err := os.ReadFile(panicPath); err == nil && strings.TrimSpace(string(b)) == "0" {
		if err := os.WriteFile(panicPath, fmt.Append(nil, panicTime), 0); err != nil {
			u.log.errorf("a kernel that panics will not reboot: %v", err)
		}
	}
	if u.par.watchdog > 0 {
		if err := u.startWatchdog(); err != nil {
			u.log.errorf("no watchdog guards this boot on trial: %v", err)
		}
	}
	return nil
}
