package main

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"chainroot/flash/sim"
)

// steps is how many commands a random life has.
const steps = 40

// random is a life of random commands, in which the power is cut at random, also
// in the boots that follow.
type random struct {
	*tally
	s    *shape
	r    *rand.Rand
	dev  *sim.Device
	m    model
	n    int // names given
	seed uint64
	last string // what was done last
}

// live leads a random life on one of the flashes.
func live(t *tally, flashes []*shape, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	s := flashes[r.IntN(len(flashes))]
	l := &random{tally: t, s: s, r: r, dev: s.new(seed), seed: seed}
	t.lives.Add(1)
	for range steps {
		if !l.step() {
			return
		}
	}
}

func (l *random) where() string {
	return fmt.Sprintf("random life of seed %d on %s: %s on %q", l.seed, l.s.name(), l.last, l.m)
}

// command returns a random command.
func (l *random) command() command {
	l.n++
	name := fmt.Sprint(l.n % 8) // few names: payloads are kept
	sizes := []int{smallSize, smallSize, l.s.holds(l.s.least()) + 700, l.s.holds(max(1, l.s.good()/3)), l.s.holds(max(1, l.s.good()/2))}
	if l.s.erase > 64*kib {
		sizes = sizes[:3] // large contents take long
	}
	boots := 1 + l.r.IntN(4)
	if l.m.onTrial() && l.r.IntN(5) > 0 {
		return []command{attempt(), attempt(), attempt(), confirm(), confirm(), giveUp(), retry(boots), rollback(l.m.entries() - 1)}[l.r.IntN(8)]
	}
	switch l.r.IntN(18) {
	case 0, 1, 2, 3, 4:
		size := max(1, sizes[l.r.IntN(len(sizes))])
		return config(fmt.Sprint(name, "-", size), size)
	case 5, 6, 7:
		return push([]string{"", "p" + name}[l.r.IntN(2)])
	case 8:
		return rollback(l.r.IntN(len(l.m.snapshots) + 1))
	case 9:
		return compact(l.r.IntN(2), smallSize)
	case 14:
		contents := []string{"i" + name, "j" + name, "k" + name}
		return follow(max(1, sizes[l.r.IntN(len(sizes))]), contents[:1+l.r.IntN(3)]...)
	case 15:
		return rebase(fmt.Sprint("r", l.n), smallSize)
	case 16, 17:
		return pin(1+l.r.IntN(len(l.m.snapshots)+1), l.r.IntN(3) == 0)
	case 10, 11:
		if l.m.volatile != nil {
			return tryPush("t"+name, boots)
		}
		size := max(1, sizes[l.r.IntN(len(sizes))])
		return try(fmt.Sprint(name, "-", size), "t"+name, size, l.r.IntN(2) == 0, boots)
	}
	if len(l.m.undo) > 0 {
		return undo()
	}
	return config(fmt.Sprint(name, "-", smallSize), smallSize)
}

// step runs a command, whole or with cuts.
func (l *random) step() (ok bool) {
	cmd := l.command()
	l.last = cmd.name
	t := &trial{tally: l.tally, dev: l.dev, nested: true, where: l.where}
	defer t.catch(&ok)
	l.dev.Seed(l.r.Uint64())
	j := &job{s: l.s, life: "random", cmd: cmd, before: l.m, late: true}
	dry := l.dev.Fork()
	after, err := j.run(dry, l.m)
	if err != nil {
		next, _ := cmd.to(l.m)
		if shows, e := weakBoot(dry); e != nil || shows != l.m.String() && shows != next.String() {
			return t.wrong(lost, fmt.Sprintf("%v: it shows %q (%v)", err, shows, e))
		}
		return t.wrong(broken, err.Error())
	}
	ops := dry.Counts().Ops()
	if l.r.IntN(2) == 0 && ops > 0 {
		l.cut(l.r.IntN(ops))
	}
	c, err := boot(l.dev)
	if err == nil {
		err = cmd.do(c)
	}
	cut := errors.Is(err, sim.ErrPowerCut)
	l.reboot(cut)
	t.before, t.after = l.m.String(), after.String()
	shows, _, ok := t.judge()
	if !ok {
		return false
	}
	if err == nil && shows != t.after {
		return t.wrong(lost, fmt.Sprintf("it shows %q, though the command was done", shows))
	}
	if shows == t.after {
		l.m = after
	}
	if cut {
		l.m.undo = nil // nobody knows
	}
	return true
}

// cut cuts the power at the changing operation that follows n more.
func (l *random) cut(n int) {
	l.dev.CutAt(n, func(op sim.Op) sim.Cut {
		ways := l.dev.Cuts(op, true, 16)
		how := ways[l.r.IntN(len(ways))]
		l.last += fmt.Sprintf(", %s cut %s", op, how)
		return how
	})
}

// reboot boots after a cut, and may cut the power in the repairs of that, and in
// those of the next boots.
func (l *random) reboot(cut bool) {
	for cut {
		l.cuts.Add(1)
		l.dev.PowerOn()
		if l.r.IntN(3) > 0 {
			return
		}
		l.deeper.Add(1)
		l.cut(l.r.IntN(4))
		_, err := boot(l.dev)
		cut = errors.Is(err, sim.ErrPowerCut)
	}
	l.dev.PowerOn()
}
