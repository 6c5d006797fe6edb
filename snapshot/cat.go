package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"strings"

	"chainroot/chain/delta"
)

var catCommand = command{
	name:    "cat",
	args:    "N|config|live PATH",
	summary: "print a file as it is in a state",
	maxArgs: 2,
	details: `Prints the content of the file at PATH, from the root, as it is after snapshot N,
in the last state ("config"), or on the running unit ("live"). What no entry of the
chain has is read from the firmware, on the unit; an image has no firmware. A link
is not followed, it is said where it points.
`,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, args []string) error {
			if len(args) < 2 {
				return usageError("cat takes a state and a path: a number, %s or %s, and a file in it", wordConfig, wordLive)
			}
			return c.look(func(v *viewer) error { return v.cat(args[0], args[1]) })
		}
	},
}

func (v *viewer) cat(word, arg string) error {
	st, err := v.state(word)
	if err != nil {
		return err
	}
	var tree *delta.Tree
	if !st.live {
		if tree, err = v.tree(st); err != nil {
			return err
		}
	}
	name := inTree(arg)
	quoted := printable("/" + name)
	f, err := v.find(st, tree, name)
	if f == nil {
		if link, target := v.linkOnTheWay(st, tree, name); link != "" {
			whole := target + strings.TrimPrefix("/"+name, link)
			return usageError("%s lies behind %s, a link to %s: `snapshot cat %s %s`", quoted, printable(link), printable(target), word, printable(whole))
		}
	}
	switch {
	case errors.Is(err, errNoFirmware):
		return fmt.Errorf("cannot print %s: %w", quoted, err)
	case err != nil:
		return err
	case f == nil:
		return noFile(st, name)
	case f.mode&fs.ModeSymlink != 0:
		return usageError("%s is a link to %s: `snapshot cat %s %s`", quoted, printable(f.link), word, printable(pointsTo(name, f.link)))
	case !f.mode.IsRegular():
		return usageError("%s is %s, and has no content: name a file", quoted, kindText(f.mode))
	}
	return f.copy(v.out)
}
