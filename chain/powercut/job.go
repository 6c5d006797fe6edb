package main

import (
	"fmt"

	"chainroot/chain"
	"chainroot/flash/sim"
)

// job is a command of a life, with the flash and the chain as they are before
// it.
type job struct {
	s             *shape
	life          string
	step          int
	cmd           command
	dev           *sim.Device
	before, after model
	damage        string // what is reported as damaged before it
	room          bool
	late          bool // what a cut has left half done comes on top of what the command does
}

func (j *job) where() string {
	return fmt.Sprintf("%s, life %s, command %d: %s on %q", j.s.name(), j.life, j.step, j.cmd.name, j.before.String())
}

// jobs leads every life on a flash once, without a cut, and returns its
// commands. What a command does is compared with the model, and what it costs
// with what it may cost.
func jobs(s *shape, seed uint64, t *tally) []*job {
	var list []*job
	for n, l := range lives(s) {
		dev, m := s.new(seed+uint64(n)), model{}
		for i, cmd := range l.commands {
			if i == l.from && l.damage != nil {
				m = l.damage(dev, m)
			}
			c, err := boot(dev)
			j := &job{s: s, life: l.name, step: i, cmd: cmd, before: m, room: l.room}
			if err != nil {
				t.violation(broken, j.where(), err.Error())
				break
			}
			j.damage, j.dev = damage(c), dev.Fork()
			if j.after, err = j.run(dev, m); err != nil {
				t.violation(broken, j.where(), err.Error())
				break
			}
			m = j.after
			if i >= l.from {
				list = append(list, j)
			}
		}
	}
	return list
}

// run runs the command on a flash in the state of a model, and returns the
// model of the state after it. The error says how it is not what it should be.
func (j *job) run(dev *sim.Device, m model) (model, error) {
	dev.ResetCounts()
	c, err := chain.Open(dev)
	if err != nil {
		return m, err
	}
	next, possible := j.cmd.to(m)
	cost := newLease(c, j.cmd)
	err = j.cmd.do(c)
	n := dev.Counts()
	switch {
	case err == nil && possible:
	case refused(err) && !possible, noRoom(err) && possible && !j.room && j.s.mayLack(j.cmd, c, err):
		if n.Ops() > 0 && !j.late {
			return m, fmt.Errorf("it was refused (%w), and the flash was touched: %+v", err, n)
		}
		next = m
	default:
		return m, fmt.Errorf("it ends with %v, a thing to do: %v", err, possible)
	}
	if err := cost.check(c, n); err != nil && !j.late {
		return m, err
	}
	got, err := state(dev.Fork())
	if err != nil {
		return m, err
	}
	if got != next.String() {
		return m, fmt.Errorf("without a cut, it shows %q, not %q", got, next)
	}
	return next, nil
}

// state returns what a boot of a flash shows.
func state(dev *sim.Device) (string, error) {
	c, err := boot(dev)
	if err != nil {
		return "", err
	}
	return show(c)
}
