package main

import (
	"fmt"
	"strings"
	"syscall"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// errUnreadable is what a read fails with where flash is broken.
const errUnreadable = syscall.EIO

// fault is flash that fails in the middle of a command.
type fault struct {
	name string
	make func(d *sim.Device)
}

// faults lists what can go wrong with an operation of a command; changing is how
// many operations before it change the flash, syncs how many are syncs.
func (j *job) faults(op sim.Op, changing, syncs int) []fault {
	if op.Kind == sim.OpSync {
		return []fault{{"the sync fails", func(d *sim.Device) { d.FailSync(syncs, syscall.EIO) }}}
	}
	list := []fault{
		{"it fails", func(d *sim.Device) { d.FailAt(changing, syscall.EIO) }},
		{"it fails, and the power is cut soon after", func(d *sim.Device) {
			d.FailAt(changing, syscall.EIO)
			d.CutAfter(changing+1+changing%3, sim.Tears[changing%len(sim.Tears)], uint64(changing))
		}},
	}
	if op.Kind == sim.OpErase {
		return append(list, fault{"erases of the block do nothing", func(d *sim.Device) { d.DeafErase(op.Block) }})
	}
	return append(list, fault{"programs of the block do nothing", func(d *sim.Device) { d.DeafProgram(op.Block) }})
}

// fail lets every operation of the job fail, in every way: the command is done,
// or says in one line why not, and what shows is the state before or after it.
func (j *job) fail(t *tally) {
	trace, ok := j.trace(t)
	if !ok {
		return
	}
	changing, syncs := 0, 0
	for i, op := range trace {
		for n, f := range j.faults(op, changing, syncs) {
			if (i+j.step+n)%j.s.thin() > 0 {
				continue
			}
			d := j.dev.Fork()
			f.make(d)
			j.broken(t, d, fmt.Sprintf("operation %d, %s: %s", i, op, f.name), func() {})
		}
		if op.Kind == sim.OpSync {
			syncs++
		} else {
			changing++
		}
	}
	d := j.dev.Fork()
	d.Lie(50)
	// A boot that reads the same lie three times shows an older state, once. That is
	// how likely it is, and no mistake of the command before.
	j.broken(t, d, "one read of 50 lies, then one of 2000", func() { d.Lie(2000) })
}

// broken runs the job on flash that fails, and then calls mend before the boots.
func (j *job) broken(t *tally, d *sim.Device, what string, mend func()) {
	t.faults.Add(1)
	r := &trial{tally: t, dev: d, before: j.before.String(), after: j.after.String(), where: func() string { return j.where() + ": " + what }}
	var ok bool
	defer r.catch(&ok)
	c, err := chain.Open(d)
	if err == nil {
		err = j.cmd.do(c)
	}
	d.PowerOn()
	mend()
	for range boots {
		shows, e := weakBoot(d)
		switch {
		case e != nil:
			r.wrong(broken, "it cannot be booted: "+e.Error())
		case shows != r.before && shows != r.after:
			r.wrong(worse(shows, r.before, r.after), fmt.Sprintf("it shows %q, not %q or %q (the command: %v)", shows, r.before, r.after, err))
		case err == nil && shows != r.after:
			r.wrong(lost, fmt.Sprintf("it shows %q, though the command was done", shows))
		case err != nil && (err.Error() == "" || strings.Contains(err.Error(), "\n")):
			r.wrong(broken, fmt.Sprintf("the command says %q", err))
		}
	}
}

// weakBoot is what a boot shows where the flash may fail, and cannot be
// repaired: as preinit, it goes on with what there is.
func weakBoot(dev *sim.Device) (string, error) {
	c, err := boot(dev)
	if err != nil {
		if c, err = chain.Open(dev); err != nil {
			return "", err
		}
		if err := c.Check(); err != nil {
			return "", err
		}
	}
	return show(c)
}
