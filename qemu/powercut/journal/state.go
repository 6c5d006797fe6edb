package journal

import (
	"fmt"
	"slices"
	"strings"

	"chainroot/chain"
)

// Entry is an entry of a chain, by what lasts when the chain is compacted.
type Entry struct {
	Label    string
	Volatile bool
}

// Entries is a chain, oldest entry first. Only the last can be volatile.
type Entries []Entry

// bare is how a chain without entries is written.
const bare = "-"

// String writes a chain as one word for each entry, such as "s:4 s:9 v:10".
func (e Entries) String() string {
	if len(e) == 0 {
		return bare
	}
	var words []string
	for _, entry := range e {
		kind := "s:"
		if entry.Volatile {
			kind = "v:"
		}
		words = append(words, kind+entry.Label)
	}
	return strings.Join(words, " ")
}

// Of returns what a chain shows.
func Of(c *chain.Chain) Entries {
	var list Entries
	for _, e := range c.Entries() {
		list = append(list, Entry{e.Label, e.IsVolatile()})
	}
	return list
}

// ParseEntries reads what String has written.
func ParseEntries(text string) (Entries, error) {
	if text == bare {
		return nil, nil
	}
	var list Entries
	for _, word := range strings.Split(text, " ") {
		kind, label, ok := strings.Cut(word, ":")
		if !ok || kind != "s" && kind != "v" {
			return nil, fmt.Errorf("%q is no entry of a chain", word)
		}
		list = append(list, Entry{label, kind == "v"})
	}
	return list, nil
}

func (e Entries) volatile() bool { return len(e) > 0 && e[len(e)-1].Volatile }

func (e Entries) snapshots() Entries {
	if e.volatile() {
		return e[:len(e)-1]
	}
	return e
}

// State is the model of a chain: its entries, the tree that a boot shows when
// one of them is the last, and what roll-backs have taken away.
type State struct {
	Entries Entries
	trees   []string // by entry; in front of them that of the firmware
	undo    []State  // before each roll-back that may be taken back
}

// Firmware is the state of an erased flash: a boot shows tree.
func Firmware(tree string) State { return State{trees: []string{tree}} }

// Tree is the hash of the tree that a boot shows.
func (s State) Tree() string { return s.trees[len(s.Entries)] }

// Equal reports whether the chain and the tree that a boot shows are the same.
func (s State) Equal(t State) bool {
	return slices.Equal(s.Entries, t.Entries) && s.Tree() == t.Tree()
}

// first is the state of the first n entries.
func (s State) first(n int) State {
	return State{Entries: s.Entries[:n:n], trees: s.trees[: n+1 : n+1]}
}

// with is the state with an entry more.
func (s State) with(e Entry, tree string) State {
	t := s.first(len(s.Entries))
	t.Entries, t.trees = append(t.Entries, e), append(t.trees, tree)
	return t
}

// After lists the states that a chain goes through when a command succeeds;
// the last is the one that it leaves. All but push go through one. Push saves
// what changed, as config does, and makes that a snapshot, and a cut between
// the two leaves the whole of what was to be pushed, not yet for good. The
// list is empty when the command has nothing to do.
func (s State) After(c Command) []State {
	switch c.Kind {
	case Config:
		return s.save(c.Label, c.Tree)
	case Push:
		return s.push(c.Label, c.Tree)
	case Rollback:
		return s.rollback(len(s.Entries) - 1)
	case Undo:
		if n := len(s.undo); n > 0 {
			return []State{s.undo[n-1]}
		}
	case Compact:
		return s.compact(0)
	case CompactKeep:
		return s.compact(1)
	}
	return nil
}

// save makes a tree the volatile entry, unless it is that of the last snapshot.
func (s State) save(label, tree string) []State {
	below := s.first(len(s.Entries.snapshots()))
	switch {
	case tree == below.Tree():
		return s.rollback(len(below.Entries))
	case s.Entries.volatile() && s.Tree() == tree && (label == "" || s.Entries[len(s.Entries)-1].Label == label):
		return nil
	}
	return []State{below.with(Entry{label, true}, tree)}
}

// push is save, and then a snapshot of the volatile entry.
func (s State) push(label, tree string) []State {
	passed := s.save("", tree)
	if n := len(passed); n > 0 {
		s = passed[n-1]
	}
	if !s.Entries.volatile() {
		return passed
	}
	return append(passed, s.first(len(s.Entries)-1).with(Entry{label, false}, tree))
}

// rollback ends the chain behind n entries.
func (s State) rollback(n int) []State {
	if n < 0 || n == len(s.Entries) {
		return nil
	}
	t := s.first(n)
	t.undo = append(slices.Clip(s.undo), s)
	return []State{t}
}

// compact makes all snapshots but the last keep one, which is called like the
// youngest of them.
func (s State) compact(keep int) []State {
	folded := len(s.Entries.snapshots()) - keep
	if folded < 2 {
		return nil
	}
	return []State{{
		Entries: slices.Clone(s.Entries[folded-1:]),
		trees:   append([]string{s.trees[0]}, s.trees[folded:]...),
	}}
}
