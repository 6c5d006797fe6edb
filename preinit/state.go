package main

import (
	"fmt"
	"strconv"

	"chainroot/boot"
)

// asked is which state the command line asks for; the zero value asks for the
// last.
type asked struct {
	skip  bool // do not read the chain
	back  bool // the state before the last
	exact bool // exactly that after n snapshots
	n     int
}

func (a *asked) set(p *parameters, arg argument) {
	a.back, a.exact, a.n = !arg.hasValue, arg.hasValue, 0
	if !arg.hasValue {
		return
	}
	n, err := strconv.ParseUint(arg.value, 10, 31)
	if err != nil {
		p.warn("snapshot.rollback=%s is no number of a snapshot, the last state is booted", arg.value)
		a.exact = false
		return
	}
	a.n = int(n)
}

// String returns the form that boot.json has.
func (a asked) String() string {
	switch {
	case a.skip:
		return "skip"
	case a.exact:
		return "rollback=" + strconv.Itoa(a.n)
	case a.back:
		return "rollback"
	}
	return "last"
}

// plan is a state to build, and how.
type plan struct {
	layout    string // as in boot.Report
	snapshots int
	volatile  bool
}

// String names the state for the log.
func (p plan) String() string {
	switch {
	case p.layout == boot.Bare:
		return "the squashfs alone"
	case p.layout == boot.Classic:
		return "the file system in rootfs_data"
	case p.snapshots == 0 && p.volatile:
		return "the bare firmware with the volatile entry"
	case p.snapshots == 0:
		return "the bare firmware"
	case p.volatile:
		return fmt.Sprintf("snapshot %d with the volatile entry", p.snapshots)
	}
	return fmt.Sprintf("snapshot %d", p.snapshots)
}

// name is what boot.json calls what p adds to the state before it.
func (p plan) name() string {
	switch {
	case p.layout == boot.Bare || p.layout == boot.Classic:
		return p.layout
	case p.volatile:
		return "volatile"
	case p.snapshots > 0:
		return fmt.Sprintf("snapshot %d", p.snapshots)
	}
	return "bare firmware"
}

// pristine reports whether p has nothing but the firmware, and so do all weaker
// states.
func (p plan) pristine() bool {
	return p.layout != boot.Classic && p.snapshots == 0 && !p.volatile
}

// before returns the state before p, and false if p is the bare firmware.
func (p plan) before() (plan, bool) {
	switch {
	case p.layout == boot.Classic:
		return plan{layout: boot.Stacked}, true
	case p.volatile:
		p.volatile = false
	case p.snapshots > 0:
		p.snapshots--
	default:
		return p, false
	}
	return p, true
}

// within returns p cut down to a chain of n snapshots: without one of its
// snapshots there is no volatile entry either.
func (p plan) within(n int, volatile bool) plan {
	p.volatile = p.volatile && volatile && p.snapshots == n
	p.snapshots = min(p.snapshots, n)
	return p
}

// choose returns the plan for what was asked of a unit whose last state is
// last, and what there is to say about it.
func (a asked) choose(last plan) (plan, string) {
	bare := plan{layout: last.layout}
	if last.layout == boot.Classic {
		bare.layout = boot.Stacked
	}
	switch {
	case a.skip:
		return bare, "the chain is not read, as snapshot.skip asks"
	case a.exact && a.n == 0:
		return bare, ""
	case a.exact && a.n > last.snapshots:
		return last, fmt.Sprintf("there is no snapshot %d, the last state is %s", a.n, last)
	case a.exact:
		return plan{layout: last.layout, snapshots: a.n}, ""
	case a.back:
		if p, ok := last.before(); ok {
			return p, ""
		}
		return last, "there is no state before the bare firmware"
	}
	return last, ""
}
