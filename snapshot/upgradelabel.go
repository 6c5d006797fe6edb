package main

import (
	"fmt"
	"strings"

	"chainroot/chain"
)

// String says in a few bytes what becomes of a package: it is for labels.
func (ch packageChange) String() string {
	switch {
	case ch.Old == "":
		return ch.Name + " " + ch.New + " new"
	case ch.New == "":
		return ch.Name + " removed"
	}
	return ch.Name + " " + ch.Old + "→" + ch.New
}

// upgradeLabel names what changed in at most chain.MaxLabel bytes: as many packages
// as there is room for, and how many more there are. What was upgraded comes first.
func upgradeLabel(changes []packageChange) string {
	var words []string
	for _, upgraded := range []bool{true, false} {
		for _, ch := range changes {
			if (ch.Old != "" && ch.New != "") == upgraded {
				words = append(words, ch.String())
			}
		}
	}
	for n := len(words); n > 0; n-- {
		if label := labelOf(words[:n], len(words)-n, " more"); len(label) <= chain.MaxLabel {
			return label
		}
	}
	if len(changes) == 1 {
		label := labelOf([]string{changes[0].Name}, 0, "")
		if len(label) > chain.MaxLabel {
			label = label[:chain.MaxLabel] // a name is ASCII
		}
		return label
	}
	return labelOf(nil, len(changes), " packages")
}

func labelOf(words []string, more int, of string) string {
	if more > 0 {
		words = append(words[:len(words):len(words)], fmt.Sprint(more, of))
	}
	return "upgrade: " + strings.Join(words, ", ")
}
