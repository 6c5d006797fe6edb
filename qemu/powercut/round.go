package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"chainroot/qemu"
	"chainroot/qemu/image"
	"chainroot/qemu/powercut/journal"
)

// cut is what happened in a round.
type cut struct {
	after   time.Duration // from the first command on
	steps   []journal.Step
	promise journal.Promise
	booted  shown
	outcome journal.Outcome
	reason  string // of an outcome that must not be
}

// round lets the unit run, cuts its power, and boots it again. An error means
// that there is no verdict: a command did what it should not, with the power
// on, or something is wrong with the test.
func (u *unit) round() (c cut, err error) {
	c.after = time.Duration(u.random.Int64N(int64(u.window)))
	text, err := u.work(c.after)
	if err != nil {
		return c, err
	}
	steps, broken := journal.Parse(text)
	c.steps = steps
	u.trees.Add(steps)
	if c.promise, err = journal.Owed(u.state, steps); err != nil {
		return c, err
	}
	if broken != nil {
		return c, broken
	}
	seen, broken := u.look()
	if c.booted, err = u.boot(); err != nil {
		c.outcome, c.reason = journal.Lost, err.Error()
		return c, nil
	}
	c.outcome, u.state = c.promise.Judge(u.trees, c.booted.chain, c.booted.tree)
	switch {
	case c.outcome > journal.New:
		c.reason = fmt.Sprintf("acknowledged was %s", c.promise.Acknowledged.Entries)
	case broken != nil:
		c.outcome, c.reason = journal.Mixed, broken.Error()
	case !slices.Equal(seen, c.booted.chain):
		c.outcome, c.reason = journal.Mixed, fmt.Sprintf("the host saw %s", seen)
	case len(c.booted.skipped) > 0:
		c.outcome, c.reason = journal.Mixed, fmt.Sprintf("the boot passed over %v", c.booted.skipped)
	}
	return c, nil
}

// work runs the loop on the unit and cuts the power some time after its first
// line. It returns the journal, and leaves a copy of the flash as it was then.
func (u *unit) work(after time.Duration) (string, error) {
	lines, err := u.vm.Follow(fmt.Sprintf("%s && %s loop %d %d", onePage, image.Probe, u.random.Uint64(), u.boots*perBoot))
	if err != nil {
		return "", err
	}
	if _, err := lines.Expect("\n", qemu.CommandTimeout); err != nil {
		return "", err
	}
	time.Sleep(after)
	u.vm.Kill()
	u.keep("journal.txt", lines.Text())
	u.keep("console.txt", u.vm.Console.Text())
	flash, err := os.ReadFile(u.machine.Flash)
	if err != nil {
		return "", err
	}
	return lines.Text(), os.WriteFile(u.cutFlash(), flash, 0o644)
}
