package main

import (
	"errors"
	"fmt"
	"time"

	"chainroot/boot"
)

// onTrial is the running state on trial, as the watcher sees it.
type onTrial interface {
	onTrialHere() (*running, error)
	confirmRunning() error
	giveUpRunning(reason string) error
	logEvent(kind, text string)
}

// watcher confirms what is on trial once all required checks pass, or gives it
// up. It holds nothing between the rounds: others may confirm or roll back.
type watcher struct {
	c                           *cli
	trial                       onTrial
	timeout, interval, deadline time.Duration

	end      time.Duration // when it gives up, by boot.Uptime
	last     *health       // the last round that was not cut short by the end
	said     string        // why the state is not confirmed, as it was said last
	finished bool          // what is done once was done
}

// watch returns when the state is not on trial any more.
func (w *watcher) watch() error {
	start := boot.Uptime()
	on, err := w.trial.onTrialHere()
	if err != nil {
		return err
	}
	if on == nil {
		w.say("The running state is not on trial: there is nothing to confirm.")
		return nil
	}
	w.end = earlier(start+w.deadline, on.Deadline)
	w.say("%s%s is on trial: it is confirmed when all required checks pass, and given up if they do not within %v.",
		on.Name, quoted(on.Label), max(w.end-start, 0).Round(time.Second))
	for on != nil {
		var done bool
		if boot.Uptime() < w.end {
			done, err = w.tryConfirm()
		} else {
			done, err = w.giveUp()
		}
		if done {
			return err
		}
		if err != nil {
			w.notYet(err)
		}
		w.pause()
		switch on, err = w.trial.onTrialHere(); {
		case err != nil:
			on = &running{} // nobody knows, so it goes on
			w.notYet(err)
		case on != nil:
			w.end = earlier(start+w.deadline, on.Deadline)
		}
	}
	w.say("The running state is not on trial any more: somebody confirmed it, or went back.")
	return nil
}

// earlier returns the own deadline, or that of the trial if there is an earlier one.
func earlier(own, trial time.Duration) time.Duration {
	if trial > 0 {
		return min(own, trial)
	}
	return own
}

// pause waits for the next round, or for the end.
func (w *watcher) pause() {
	until := boot.Uptime() + w.interval
	if boot.Uptime() < w.end {
		until = min(until, w.end)
	}
	sleepUntil(until)
}

// sleepUntil returns when boot.Uptime is at t; after a suspend, a second late at most.
func sleepUntil(t time.Duration) {
	for {
		left := t - boot.Uptime()
		if left <= 0 {
			return
		}
		time.Sleep(min(left, time.Second))
	}
}

// tryConfirm runs the required checks, and confirms the state if all pass.
func (w *watcher) tryConfirm() (done bool, err error) {
	h, whole := w.round()
	if h.Healthy {
		if err := w.trial.confirmRunning(); err != nil {
			h.Healthy, h.Reason = false, fmt.Sprintf("healthy, but not confirmed: %v", err)
		}
	}
	switch {
	case h.Healthy:
		w.finish(h)
		return true, nil
	case whole || w.last == nil:
		w.last = h
		return false, errors.New(h.Reason)
	}
	return false, nil
}

// round runs the required checks. The end cuts it short: what failed only for that
// tells less than the round before.
func (w *watcher) round() (h *health, whole bool) {
	h = &health{Healthy: true}
	names, err := w.c.required()
	if err != nil {
		h.Healthy, h.Reason = false, fmt.Sprintf("no health check passed: %v", err)
	}
	for _, name := range names {
		limit := min(w.timeout, w.end-boot.Uptime())
		if limit <= 0 {
			h.fail("the time was over before " + name + " ran")
			break
		}
		h.add(w.c.runCheck(requiredDir, name, limit))
	}
	return h, boot.Uptime() < w.end
}

// giveUp ends the trial, for what the last round failed for. It is not done when
// that fails: the next try may succeed, where another command holds the lock.
func (w *watcher) giveUp() (done bool, err error) {
	if w.last == nil {
		w.last = &health{Reason: "no health check was run in time"}
	}
	if !w.finished {
		w.finish(w.last)
	}
	if err := w.trial.giveUpRunning(w.last.Reason); err != nil {
		return false, fmt.Errorf("cannot give it up: %w", err)
	}
	return true, unhealthyError("given up: %s", w.last.Reason)
}

// finish reports the round that decided, and runs what is to be run once.
func (w *watcher) finish(h *health) {
	w.finished = true
	for _, r := range h.Checks {
		w.c.printCheck(r)
	}
	ran := func(r checkResult) {
		h.add(r)
		w.c.printCheck(r)
	}
	after := redDir
	if h.Healthy {
		after = greenDir
		w.c.runDir(wantedDir, w.timeout, ran)
	}
	w.trial.logEvent("health", h.event())
	w.c.runDir(after, w.timeout, ran)
}

// notYet says why the state is still on trial, unless that was said last.
func (w *watcher) notYet(err error) {
	if err.Error() == w.said {
		return
	}
	w.said = err.Error()
	w.trial.logEvent("health", bounded("not confirmed yet: "+w.said))
	w.say("Not confirmed yet: %s", w.said)
}

func (w *watcher) say(format string, args ...any) { fmt.Fprintf(w.c.out, format+"\n", args...) }
