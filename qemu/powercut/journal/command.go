package journal

import (
	"fmt"
	"strings"
)

// Kind is what a command does.
type Kind string

const (
	Config      Kind = "config"
	Push        Kind = "push"
	Rollback    Kind = "rollback"
	Undo        Kind = "undo"
	Compact     Kind = "compact"
	CompactKeep Kind = "compact-keep" // all but the last snapshot
)

// Command is one command for the chain.
type Command struct {
	Kind  Kind
	Label string // config and push: the label given, of no other command; else empty
	Tree  string // config and push: the hash of the tree that the unit shows; else empty
}

// labelled reports whether commands of a kind save a tree under a label.
func (k Kind) labelled() bool { return k == Config || k == Push }

// Args are the arguments of the program snapshot.
func (c Command) Args() []string {
	switch c.Kind {
	case Undo:
		return []string{"rollback", "--undo"}
	case CompactKeep:
		return []string{"compact", "--keep", "1"}
	case Config, Push:
		return []string{string(c.Kind), "--label", c.Label}
	}
	return []string{string(c.Kind)}
}

// String is the command as it stands in the journal: words with spaces between.
func (c Command) String() string {
	if c.Kind.labelled() {
		return fmt.Sprintf("%s %s %s", c.Kind, c.Label, c.Tree)
	}
	return string(c.Kind)
}

// parseCommand reads what String has written.
func parseCommand(text string) (Command, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Command{}, fmt.Errorf("cannot read command %q: it is empty", text)
	}
	c := Command{Kind: Kind(words[0])}
	switch c.Kind {
	case Config, Push:
		if len(words) == 3 {
			c.Label, c.Tree = words[1], words[2]
			return c, nil
		}
	case Rollback, Undo, Compact, CompactKeep:
		if len(words) == 1 {
			return c, nil
		}
	}
	return Command{}, fmt.Errorf("cannot read command %q", text)
}
