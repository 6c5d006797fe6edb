package main

import (
	"fmt"
	"runtime/debug"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// trial is a flash after a cut, and what it may show.
type trial struct {
	*tally
	dev           *sim.Device
	before, after string
	quiet         bool // nothing may be reported as damaged
	nested        bool // cuts came one upon the other: only the state counts
	where         func() string
}

// boots is how often a flash is booted after a cut: what reads differently each
// time shows at the latest then.
const boots = 3

// repairOps bounds the flash operations of a boot.
func repairOps(dev *sim.Device) int { return 4*dev.Geometry().Blocks() + 32 }

// judge boots the flash, again and again, and returns the state it shows and the
// operations of the first boot. What is wrong counts as a violation, and ok is
// false.
func (t *trial) judge() (shows string, repair []sim.Op, ok bool) {
	defer t.catch(&ok)
	t.dev.Record()
	c, err := boot(t.dev)
	if err != nil {
		return "", nil, t.wrong(broken, "it cannot be booted: "+err.Error())
	}
	repair = t.dev.Trace()
	if n := t.dev.Counts().Ops(); n > repairOps(t.dev) {
		return "", nil, t.wrong(broken, fmt.Sprintf("the boot takes %d operations", n))
	}
	if shows, err = show(c); err != nil {
		return "", nil, t.wrong(broken, err.Error())
	}
	if shows != t.before && shows != t.after {
		return "", nil, t.wrong(worse(shows, t.before, t.after), fmt.Sprintf("it shows %q, not %q or %q; damage: %s", shows, t.before, t.after, damage(c)))
	}
	if t.nested && !c.Settled() {
		// The record slots are used up, by one cut after the other, on a full
		// flash. That is no state to hold on to.
		return "", nil, t.wrong(broken, "it cannot be settled")
	}
	if shows == foreign && !jffs2Intact(t.dev) {
		return "", nil, t.wrong(lost, "a part of the jffs2 is gone, and no chain is there")
	}
	t.boots.Add(boots)
	for range boots - 1 {
		t.dev.ResetCounts()
		c, err := boot(t.dev)
		if err != nil {
			return "", nil, t.wrong(broken, "it cannot be booted again: "+err.Error())
		}
		again, err := show(c)
		if err != nil || again != shows {
			return "", nil, t.wrong(flipped, fmt.Sprintf("it shows %q, then %q (%v)", shows, again, err))
		}
		if n := t.dev.Counts(); n.Ops() > 0 {
			// What was all but blank, or all but whole, has shown its other face.
			t.late.Add(1)
		}
		if d := damage(c); d != "" && t.quiet {
			return "", nil, t.wrong(broken, "damage that a cut explains is reported: "+d)
		}
	}
	if what, err := chain.Identify(t.dev); err != nil || what != chain.ContentChain && what.String() != shows && (shows != "" || !what.Free()) {
		return "", nil, t.wrong(broken, fmt.Sprintf("it shows %q, and is taken for %s (%v)", shows, what, err))
	}
	return shows, repair, true
}

// wrong counts a violation; it returns false. After cuts upon cuts, flash may
// be too worn for a command or a repair: no state may be lost by that.
func (t *trial) wrong(v verdict, what string) bool {
	if t.nested && v == broken {
		t.unsteady.Add(1)
		return false
	}
	t.violation(v, t.where(), what)
	return false
}

// catch makes a violation of what panics.
func (t *trial) catch(ok *bool) {
	if p := recover(); p != nil {
		what := fmt.Sprint(p)
		if _, is := p.(sim.Violation); !is {
			what += "\n" + string(debug.Stack())
		}
		*ok = t.wrong(broken, what)
	}
}

// worse tells lost from mixed: of a state that is lost, entries are missing.
func worse(shows, before, after string) verdict {
	if len(shows) < len(before) && len(shows) < len(after) {
		return lost
	}
	return mixed
}
