package journal

import (
	"fmt"
	"slices"
)

// Exit statuses of snapshot with which it has refused a command and touched
// nothing: the state that runs is not that of the chain, or there is no room.
const (
	statusState  = 69
	statusNoRoom = 73
)

// Refused reports whether an exit status is that of a command that was refused,
// as may happen to any.
func Refused(status int) bool { return status == statusState || status == statusNoRoom }

// Promise is what a unit owes after its power was cut.
type Promise struct {
	Acknowledged State
	Command      *Command // in flight; nil: none was
	Through      []State  // that the command may have brought the chain to
}

// Owed goes through the steps of one boot, which began in a state, and returns
// what the unit owes after them. An error means that a command did something
// else than it should have done: no power was cut in it.
func Owed(from State, steps []Step) (Promise, error) {
	for _, s := range steps {
		through := from.After(s.Command)
		if !s.Done {
			return Promise{Acknowledged: from, Command: &s.Command, Through: through}, nil
		}
		to := from
		switch {
		case s.Status == 0 && len(through) > 0:
			to = through[len(through)-1]
		case s.Status == statusState && s.Kind == Undo:
			to.undo = nil // its space was used
		case s.Status != 0 && !Refused(s.Status):
			return Promise{}, fmt.Errorf("%q ended with status %d", s.Command, s.Status)
		}
		if !slices.Equal(s.Chain, to.Entries) {
			return Promise{}, fmt.Errorf("%q ended with status %d and left %s, not %s", s.Command, s.Status, s.Chain, to.Entries)
		}
		from = to
	}
	return Promise{Acknowledged: from}, nil
}

// Outcome is a verdict on a boot.
type Outcome int

const (
	Acknowledged Outcome = iota // the last state acknowledged
	New                         // the one of the command in flight
	Lost                        // another whole state: something acknowledged is gone, or something old is back
	Mixed                       // no state that ever was
)

func (o Outcome) String() string {
	return [...]string{"acknowledged", "new", "lost", "mixed"}[o]
}

// Trees holds all trees that a unit ever saved, by label; under the empty label
// that of its firmware.
type Trees map[string]string

// Add adds what commands were to save.
func (t Trees) Add(steps []Step) {
	for _, s := range steps {
		if s.Kind.labelled() {
			t[s.Label] = s.Tree
		}
	}
}

// Judge says what a boot is that shows a chain and a tree, and returns the state
// that the unit goes on from.
func (p Promise) Judge(trees Trees, chain Entries, tree string) (Outcome, State) {
	is := func(s State) bool { return slices.Equal(s.Entries, chain) && s.Tree() == tree }
	if is(p.Acknowledged) {
		return Acknowledged, p.Acknowledged
	}
	if i := slices.IndexFunc(p.Through, is); i >= 0 {
		return New, p.Through[i]
	}
	if trees.whole(chain, tree) {
		return Lost, State{}
	}
	return Mixed, State{}
}

// whole reports whether a tree is what was saved as the last entry of a chain.
func (t Trees) whole(chain Entries, tree string) bool {
	for _, e := range chain {
		if _, ok := t[e.Label]; !ok {
			return false
		}
	}
	if len(chain) == 0 {
		return tree == t[""]
	}
	last := chain[len(chain)-1]
	if last.Label != "" {
		return tree == t[last.Label]
	}
	// Saved by a push that was cut short: the label was to come later.
	for label, saved := range t {
		if label != "" && saved == tree {
			return true
		}
	}
	return false
}
