package journal_test

import (
	"strings"
	"testing"

	"chainroot/qemu/powercut/journal"
)

// config and push save the tree that is called like the label, in capitals.
func config(label string) journal.Command { return save(journal.Config, label, strings.ToUpper(label)) }
func push(label string) journal.Command   { return save(journal.Push, label, strings.ToUpper(label)) }

func save(kind journal.Kind, label, tree string) journal.Command {
	return journal.Command{Kind: kind, Label: label, Tree: tree}
}

var (
	rollback    = journal.Command{Kind: journal.Rollback}
	undo        = journal.Command{Kind: journal.Undo}
	compact     = journal.Command{Kind: journal.Compact}
	compactKeep = journal.Command{Kind: journal.CompactKeep}
)

// after is the state that commands leave on an erased flash.
func after(commands ...journal.Command) journal.State {
	s := journal.Firmware("firmware")
	for _, c := range commands {
		if through := s.After(c); len(through) > 0 {
			s = through[len(through)-1]
		}
	}
	return s
}

func TestAfter(t *testing.T) {
	list := func(commands ...journal.Command) []journal.Command { return commands }
	for _, test := range []struct {
		name     string
		commands []journal.Command
		want     string // chain, and the tree that a boot shows
	}{
		{"nothing", nil, "-: firmware"},
		{"config", list(config("a")), "v:a: A"},
		{"config again", list(config("a"), config("b")), "v:b: B"},
		{"push", list(config("a"), push("b")), "s:b: B"},
		{"push of what was saved", list(config("a"), save(journal.Push, "b", "A")), "s:b: A"},
		{"push of nothing", list(push("a"), save(journal.Push, "b", "A")), "s:a: A"},
		{"push of the last snapshot over another volatile entry", list(push("a"), config("b"), save(journal.Push, "c", "A")), "s:a: A"},
		{"config of the last snapshot", list(push("a"), config("b"), save(journal.Config, "c", "A")), "s:a: A"},
		{"and back", list(push("a"), config("b"), save(journal.Config, "c", "A"), undo), "s:a v:b: B"},
		{"config under another label", list(config("a"), save(journal.Config, "b", "A")), "v:b: A"},
		{"roll-back of nothing", list(rollback), "-: firmware"},
		{"roll-back of the volatile entry", list(push("a"), config("b"), rollback), "s:a: A"},
		{"roll-back of a snapshot", list(push("a"), push("b"), rollback), "s:a: A"},
		{"undo", list(push("a"), config("b"), rollback, undo), "s:a v:b: B"},
		{"undo of two", list(push("a"), config("b"), rollback, rollback, undo, undo), "s:a v:b: B"},
		{"undo of one of two", list(push("a"), config("b"), rollback, rollback, undo), "s:a: A"},
		{"undo of nothing", list(push("a"), undo), "s:a: A"},
		{"undo once too often", list(config("a"), rollback, undo, undo), "v:a: A"},
		{"undo after config", list(push("a"), config("b"), rollback, config("c"), rollback, undo, undo), "s:a v:c: C"},
		{"compact", list(push("a"), push("b"), config("c"), compact), "s:b v:c: C"},
		{"compact without a volatile entry", list(push("a"), push("b"), compact), "s:b: B"},
		{"compact of one", list(push("a"), config("b"), compact), "s:a v:b: B"},
		{"compact of all but one", list(push("a"), push("b"), push("c"), compactKeep), "s:b s:c: C"},
		{"compact of all but one of two", list(push("a"), push("b"), compactKeep), "s:a s:b: B"},
		{"roll-back after compact", list(push("a"), push("b"), push("c"), config("d"), compactKeep, rollback, rollback), "s:b: B"},
		{"to the firmware after compact", list(push("a"), push("b"), compact, rollback), "-: firmware"},
		{"undo after compact", list(push("a"), push("b"), config("c"), rollback, compact, undo), "s:b: B"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := after(test.commands...)
			if got := s.Entries.String() + ": " + s.Tree(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// Between what a push saves and what it makes of it there is one state more.
func TestAfterPush(t *testing.T) {
	for _, test := range []struct {
		name   string
		before journal.State
		want   string
	}{
		{"of something new", after(push("a")), "s:a v:/B s:a s:b/B"},
		{"over another volatile entry", after(push("a"), config("c")), "s:a v:/B s:a s:b/B"},
		{"of what was saved", after(push("a"), save(journal.Config, "c", "B")), "s:a s:b/B"},
		{"of nothing", after(push("b")), ""},
	} {
		var got []string
		for _, s := range test.before.After(push("b")) {
			got = append(got, s.Entries.String()+"/"+s.Tree())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A state is not changed by what is done to it: the promise before a command
// stands beside the one after it.
func TestAfterLeavesTheStateAlone(t *testing.T) {
	s := after(push("a"), push("b"), config("c"), rollback)
	before := s.Entries.String() + s.Tree()
	for _, c := range []journal.Command{config("d"), push("e"), rollback, undo, compact, compactKeep} {
		for _, next := range s.After(c) {
			for _, d := range []journal.Command{config("f"), push("g"), undo, compact} {
				next.After(d)
			}
		}
	}
	if got := s.Entries.String() + s.Tree(); got != before {
		t.Errorf("%s, was %s", got, before)
	}
	if u := s.After(undo); len(u) != 1 || u[0].Entries.String() != "s:a s:b v:c" || u[0].Tree() != "C" {
		t.Errorf("undo leads to %v", u)
	}
}
