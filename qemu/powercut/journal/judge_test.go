package journal_test

import (
	"strings"
	"testing"

	"chainroot/qemu/powercut/journal"
)

// done is a step that was acknowledged, with what the chain showed then.
func done(c journal.Command, status int, chain string) journal.Step {
	e, err := journal.ParseEntries(chain)
	if err != nil {
		panic(err)
	}
	return journal.Step{Command: c, Done: true, Status: status, Chain: e}
}

func inFlight(c journal.Command) []journal.Step { return []journal.Step{{Command: c}} }

func TestJudge(t *testing.T) {
	const (
		ok    = journal.Acknowledged
		fresh = journal.New
		lost  = journal.Lost
		mixed = journal.Mixed
	)
	history := []journal.Step{ // of all rounds, so that old states are known
		done(push("a"), 0, "s:a"),
		done(config("b"), 0, "s:a v:b"),
		done(push("c"), 0, "s:a s:c"),
		done(config("d"), 0, "s:a s:c v:d"),
	}
	acknowledged := history[:len(history):len(history)]
	for _, test := range []struct {
		name   string
		flight []journal.Step
		chain  string
		tree   string
		want   journal.Outcome
	}{
		{"what was acknowledged", nil, "s:a s:c v:d", "D", ok},
		{"what was acknowledged, with a command in flight", inFlight(config("e")), "s:a s:c v:d", "D", ok},
		{"the command in flight", inFlight(config("e")), "s:a s:c v:e", "E", fresh},
		{"a push in flight", inFlight(push("e")), "s:a s:c s:e", "E", fresh},
		{"half a push, whole", inFlight(push("e")), "s:a s:c v:", "E", fresh},
		{"a roll-back in flight", inFlight(rollback), "s:a s:c", "C", fresh},
		{"a compact in flight", inFlight(compact), "s:c v:d", "D", fresh},
		{"a command without effect in flight", inFlight(undo), "s:a s:c v:d", "D", ok},

		{"the volatile entry is gone", nil, "s:a s:c", "C", lost},
		{"the volatile entry is gone, with a command in flight", inFlight(config("e")), "s:a s:c", "C", lost},
		{"an older volatile entry", nil, "s:a v:b", "B", lost},
		{"a snapshot is gone", nil, "s:a", "A", lost},
		{"everything is gone", nil, "-", "firmware", lost},
		{"everything is gone, with a command in flight", inFlight(compact), "-", "firmware", lost},
		{"a snapshot became volatile", nil, "s:a v:c", "C", lost},
		{"compacted by itself", nil, "s:c v:d", "D", lost},
		{"a command that was refused has had its way", []journal.Step{done(config("e"), 69, "s:a s:c v:d")}, "s:a s:c v:e", "E", lost},
		{"rolled back, and it is back", []journal.Step{done(rollback, 0, "s:a s:c")}, "s:a s:c v:d", "D", lost},
		{"replaced, and it is back", []journal.Step{done(config("e"), 0, "s:a s:c v:e")}, "s:a s:c v:d", "D", lost},
		{"of a push only the half, acknowledged whole", []journal.Step{done(push("e"), 0, "s:a s:c s:e")}, "s:a s:c v:", "E", lost},

		{"a tree that never was", nil, "s:a s:c v:d", "?", mixed},
		{"the tree of before under the chain of after", inFlight(config("e")), "s:a s:c v:e", "D", mixed},
		{"the tree of after under the chain of before", inFlight(config("e")), "s:a s:c v:d", "E", mixed},
		{"a tree that never was, with a command in flight", inFlight(config("e")), "s:a s:c v:e", "D and E", mixed},
		{"half a push, and half its tree", inFlight(push("e")), "s:a s:c v:", "D and E", mixed},
		{"a label that never was", nil, "s:a s:x", "C", mixed},
		{"no entry, and the tree of one", nil, "-", "A", mixed},
		{"an entry, and the tree of none", nil, "s:a", "firmware", mixed},
		{"compact shows another tree", inFlight(compact), "s:c v:d", "C", mixed},
	} {
		t.Run(test.name, func(t *testing.T) {
			steps := append(acknowledged, test.flight...)
			trees := journal.Trees{"": "firmware"}
			trees.Add(steps)
			p, err := journal.Owed(journal.Firmware("firmware"), steps)
			if err != nil {
				t.Fatal(err)
			}
			chain, err := journal.ParseEntries(test.chain)
			if err != nil {
				t.Fatal(err)
			}
			got, state := p.Judge(trees, chain, test.tree)
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if got <= journal.New && (state.Entries.String() != test.chain || state.Tree() != test.tree) {
				t.Errorf("goes on from %s, %s", state.Entries, state.Tree())
			}
		})
	}
}

// A command that does something else than it should is found with the power on.
func TestOwedRefuses(t *testing.T) {
	for name, steps := range map[string][]journal.Step{
		"a failure":                      {done(config("a"), 74, "-")},
		"damage":                         {done(config("a"), 0, "v:a"), done(compact, 65, "v:a")},
		"success without effect":         {done(config("a"), 0, "-")},
		"success with another effect":    {done(config("a"), 0, "s:a")},
		"refused with an effect":         {done(config("a"), 73, "v:a")},
		"an undo that had nothing to do": {done(config("a"), 0, "v:a"), done(undo, 0, "-")},
		"what another command lost":      {done(push("a"), 0, "s:a"), done(push("b"), 0, "s:b")},
	} {
		if p, err := journal.Owed(journal.Firmware("firmware"), steps); err == nil {
			t.Errorf("%s: %+v is owed", name, p)
		}
	}
}

// A refused command changes nothing, but for an undo whose space was used: that
// will not come back.
func TestOwedAfterARefusal(t *testing.T) {
	steps := []journal.Step{
		done(config("a"), 0, "v:a"), done(rollback, 0, "-"), done(push("b"), 69, "-"), done(undo, 69, "-"), {Command: undo},
	}
	p, err := journal.Owed(journal.Firmware("firmware"), steps)
	if err != nil {
		t.Fatal(err)
	}
	if p.Acknowledged.Entries.String() != "-" || p.Command == nil || len(p.Through) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestOutcomesHaveNames(t *testing.T) {
	var all []string
	for o := journal.Acknowledged; o <= journal.Mixed; o++ {
		all = append(all, o.String())
	}
	if got := strings.Join(all, " "); got != "acknowledged new lost mixed" {
		t.Error(got)
	}
}
