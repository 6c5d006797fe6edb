package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
)

// fault is why a state could not be built, with what the next rung of the
// ladder depends on. An error that is no fault has to do with the state itself:
// the one before it may do.
type fault struct {
	entry *chain.Entry // it cannot be used
	mount bool         // file systems could not be mounted, whatever they hold
	err   error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// buildRoot builds the state that was asked for, or else the next weaker one
// that works: without the bad entry and all after it; the squashfs with empty
// overlays; the squashfs alone. It returns an error when none does.
func (u *unit) buildRoot() error {
	defer u.closeFlash()
	for {
		u.log.debugf("building %s, %s", u.plan, u.plan.layout)
		err := u.build(u.plan)
		if err == nil {
			// No format: in most boots nothing else would need one.
			u.log.write(levelInfo, "booting "+u.plan.String()+" ("+u.plan.layout+"), init "+u.init)
			return nil
		}
		if err := u.stepDown(err); err != nil {
			return err
		}
		u.log.warnf("trying %s", u.plan)
	}
}

// stepDown gives up the state that failed with err and plans the next one.
// Every step leads to a plan that is weaker, or to a chain with an entry less,
// or from the init that was asked for to the usual ones, so the ladder ends.
func (u *unit) stepDown(err error) error {
	var f *fault
	errors.As(err, &f)
	switch {
	case f != nil && f.entry != nil:
		u.reject(f.entry, f.err)
		u.plan = u.plan.within(u.available())
		return nil
	case u.plan.layout == boot.Bare:
		return u.stepInit(err)
	}
	what := u.plan.name()
	if f != nil && f.mount {
		what = "overlay"
	}
	u.skip(what, err)
	before, ok := u.plan.before()
	switch {
	case f != nil && errors.Is(f.err, unix.ENODEV) && u.plan.layout != boot.Classic:
		u.plan = plan{layout: boot.Bare} // the kernel has no overlay file system
	case ok && f != nil && f.mount && !noRoom(err):
		u.plan = plan{layout: u.par.layout} // no other content will make it work
	case ok:
		u.plan = before
	default:
		u.plan = plan{layout: boot.Bare}
	}
	if u.plan.layout == boot.Stacked {
		u.plan.layout = u.par.layout
	}
	return nil
}

// stepInit goes on from the squashfs alone, when it failed too.
func (u *unit) stepInit(err error) error {
	u.skip(u.plan.name(), err)
	if !u.tryUsual() {
		return noState(err)
	}
	u.plan = u.target.within(u.available())
	return nil
}

func noState(err error) error {
	return fmt.Errorf("cannot find a state of the unit that boots: %w", err)
}

// reject takes an entry that cannot be used, and so all after it, out of the
// chain for this boot.
func (u *unit) reject(e *chain.Entry, err error) {
	what, count := entryName(e), len(u.chain.Entries())
	u.chain.Reject(e, err)
	switch lost := count - len(u.chain.Entries()); {
	case lost < 1:
		err = fmt.Errorf("%w; its copy in the back buffer is tried", err)
	case lost == 1:
		err = fmt.Errorf("%w; it is passed over", err)
	default:
		err = fmt.Errorf("%w; it is passed over, and the %d after it", err, lost-1)
	}
	u.skip(what, err)
}

// entryName is what boot.json calls an entry.
func entryName(e *chain.Entry) string {
	if e.IsVolatile() {
		return "volatile"
	}
	return fmt.Sprintf("snapshot %d", e.Number)
}
