package main

import (
	"fmt"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// fine is up to how many write units a program is cut at each of its
// boundaries, on small flash; medium and coarse are how many boundaries are taken
// on larger flash, and of a longer program, or where each cut is cut again; deep
// is how many of those that cut again.
const (
	fine   = 128
	medium = 16
	coarse = 6
	deep   = 2
)

// cuts lists the ways to cut op on dev.
func (s *shape) cuts(dev *sim.Device, op sim.Op) []sim.Cut {
	limit := coarse
	if len(op.Data)/s.write <= fine && !s.deep {
		if limit = 0; s.erase > 16*kib {
			limit = medium
		}
	}
	return dev.Cuts(op, true, limit)
}

// deeper lists the ways to cut op of a command that follows a cut. Of a block
// device, what was written since the last sync is as good as not written: to cut
// at each sync is enough.
func (s *shape) deeper(dev *sim.Device, op sim.Op) []sim.Cut {
	if s.kind == sim.Block && op.Kind != sim.OpSync {
		return nil
	}
	return dev.Cuts(op, false, 1)
}

// cut cuts the power at every operation of the job, in every way.
func (j *job) cut(t *tally) {
	trace, ok := j.trace(t)
	if !ok {
		return
	}
	n := 0
	cur := j.dev.Fork()
	for i, op := range trace {
		seen := map[string]bool{}
		for _, how := range j.s.cuts(cur, op) {
			t.cuts.Add(1)
			n++
			d := cur.Fork()
			d.Tear(op, how)
			torn := d.Fork()
			r := &trial{t, d, j.before.String(), j.after.String(), j.quiet(op), false, func() string {
				return fmt.Sprintf("%s: operation %d, %s: cut %s", j.where(), i, op, how)
			}}
			shows, repair, ok := r.judge()
			if !ok {
				continue
			}
			if j.s.deep {
				j.again(r, torn, repair)
			}
			// What a command finds after the boot is the same for most cuts of an
			// operation.
			kind := fmt.Sprint(shows, len(repair))
			if !seen[kind] && (i+j.step+len(seen))%j.s.thin() == 0 {
				j.next(r, shows, n)
			}
			seen[kind] = true
		}
		_ = cur.Play(op)
	}
}

// quiet reports whether a cut in op must not be taken for damage. A block that
// was erased or written in part cannot always be told from one that rots, nor
// what cannot be read.
func (j *job) quiet(op sim.Op) bool {
	return j.damage == "" && op.Kind != sim.OpErase && j.s.kind != sim.Block && j.s.kind != sim.UBI
}

// trace returns the flash operations of the command.
func (j *job) trace(t *tally) (ops []sim.Op, ok bool) {
	run := j.dev.Fork()
	r := &trial{tally: t, where: j.where}
	defer r.catch(&ok)
	c, err := chain.Open(run)
	if err != nil {
		return nil, r.wrong(broken, err.Error())
	}
	run.Record()
	_ = j.cmd.do(c) // jobs has looked at how it ends
	return run.Trace(), true
}

// again cuts the power at every operation of the repair that a boot has made on
// a torn flash.
func (j *job) again(r *trial, torn *sim.Device, repair []sim.Op) {
	for i, op := range repair {
		for _, how := range torn.Cuts(op, j.s.kind != sim.Block, deep) {
			r.cuts.Add(1)
			r.deeper.Add(1)
			d := torn.Fork()
			d.Tear(op, how)
			twice := *r
			twice.dev, twice.quiet = d, r.quiet && j.quiet(op)
			twice.where = func() string {
				return fmt.Sprintf("%s; then at operation %d of the repair, %s: cut %s", r.where(), i, op, how)
			}
			twice.judge()
		}
		_ = torn.Play(op)
	}
}

// next runs a command on the flash that has shown a state after a cut. On deep
// flashes, each of its operations is cut.
func (j *job) next(r *trial, shows string, n int) {
	m := j.before
	if shows == r.after {
		m = j.after
	}
	m.undo = nil
	cmd := j.following(m, n)
	f := &job{s: j.s, life: j.life, step: j.step, cmd: cmd, dev: r.dev, before: m, damage: j.damage, room: j.room, late: true}
	where := func() string { return r.where() + "; then " + cmd.name }
	run := r.dev.Fork()
	after, ok := f.try(r.tally, run, where)
	if !ok || !j.s.deep {
		return
	}
	cur := r.dev.Fork()
	for i, op := range run.Trace() {
		for _, how := range j.s.deeper(cur, op) {
			r.cuts.Add(1)
			r.deeper.Add(1)
			d := cur.Fork()
			d.Tear(op, how)
			twice := &trial{r.tally, d, shows, after, r.quiet && j.quiet(op), false, func() string {
				return fmt.Sprintf("%s, cut at operation %d, %s: cut %s", where(), i, op, how)
			}}
			twice.judge()
		}
		_ = cur.Play(op)
	}
}

// try runs the command and returns the state after it.
func (j *job) try(t *tally, run *sim.Device, where func() string) (after string, ok bool) {
	r := &trial{tally: t, where: where}
	defer r.catch(&ok)
	run.Record()
	m, err := j.run(run, j.before)
	if err != nil {
		return "", r.wrong(broken, err.Error())
	}
	return m.String(), true
}

// following returns a command that has something to do, another one for each n.
func (j *job) following(m model, n int) command {
	if m.foreign != "" {
		return convert("s", "then", smallSize)
	}
	if j.cmd.whole {
		return config("next", smallSize) // what is left may be a volatile entry that shows nothing
	}
	choice := []command{
		push("then"),
		config("next", smallSize),
		rollback(max(0, len(m.snapshots)-1)),
		compact(0, smallSize),
		config("next", j.s.holds(j.s.least())+700),
		try("next", "", smallSize, n%2 == 0, 2),
		tryPush("then", 1),
	}
	if m.onTrial() {
		choice = []command{attempt(), confirm(), giveUp(), rollback(m.entries() - 1), retry(2), rollback(0)}
	}
	for range choice {
		n++
		cmd := choice[n%len(choice)]
		if _, possible := cmd.to(m); possible {
			return cmd
		}
	}
	return config("next", smallSize)
}
