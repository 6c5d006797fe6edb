package main

import (
	"flag"
	"fmt"

	"chainroot/chain"
)

var mapCommand = command{
	name:    "map",
	args:    "[--svg FILE | --json]",
	summary: "draw the flash: what each erase block holds",
	details: `Draws the erase blocks of the flash, in their order, the bad ones included, and
says what the characters mean, with blocks and bytes:

  1-9 a-z  a snapshot; behind 35 they begin again
  V        the volatile entry
  B        a copy in the back buffer, of a command that was cut short
  R        what rollback --undo brings back
  X        a bad block
  .        free

Where there are more blocks than fit, a character stands for several: for what
takes most of them, and only for free ones if all of them are. The picture shows
each block. As info, it reads headers, and what a roll-back took away.

` + svgHelp + `  --json      as one JSON object
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		file := fs.String("svg", "", "")
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, _ []string) error {
			if *file != "" && *asJSON {
				return usageError("map draws with --svg or lists with --json, not both")
			}
			return c.with(false, func(s *session) error {
				m := newFlashMap(s)
				switch {
				case *asJSON:
					return writeJSON(c.out, m)
				case *file != "":
					c.damage(s)
					return c.picture(*file, m.svg())
				}
				c.damage(s)
				return c.printMap(m)
			})
		}
	},
}

// flashMap is what `map --json` prints. Sizes are in bytes unless they are named
// blocks.
type flashMap struct {
	Device    string   `json:"device"`
	EraseSize int      `json:"erase_size"`
	Blocks    int      `json:"blocks"` // of the device, bad ones included
	Runs      []mapRun `json:"runs"`   // of blocks with the same use, in order
	Uses      []mapUse `json:"uses"`   // what there is, each once
	Damage    []damage `json:"damage"`

	cells []int // by block: the use
}

// mapRun is a row of erase blocks that hold the same.
type mapRun struct {
	Block    int    `json:"block"`
	Blocks   int    `json:"blocks"`
	Use      string `json:"use"`    // entry, back buffer, rolled back, bad, free
	Number   int    `json:"number"` // of the entry; 0: it is none
	Volatile bool   `json:"volatile"`
}

// mapUse is all that is used for the same.
type mapUse struct {
	Use      string `json:"use"`
	Number   int    `json:"number"`
	Volatile bool   `json:"volatile"`
	Label    string `json:"label"`
	Blocks   int    `json:"blocks"`
	Bytes    int64  `json:"bytes"`

	use chain.Use
}

func newFlashMap(s *session) *flashMap {
	uses := s.Map()
	m := &flashMap{Device: s.path, EraseSize: s.Space().EraseSize, Blocks: len(uses), Damage: damages(s), cells: make([]int, len(uses))}
	known := map[chain.Use]int{}
	for block, u := range uses {
		n, ok := known[u]
		if !ok {
			n = len(m.Uses)
			known[u] = n
			m.Uses = append(m.Uses, mapUse{Use: u.Kind.String(), Number: u.Number, Volatile: u.Volatile, Label: labelIn(s, u), use: u})
		}
		m.cells[block] = n
		m.Uses[n].Blocks++
		m.Uses[n].Bytes += int64(m.EraseSize)
		if last := len(m.Runs) - 1; block > 0 && uses[block-1] == u {
			m.Runs[last].Blocks++
		} else {
			m.Runs = append(m.Runs, mapRun{Block: block, Blocks: 1, Use: u.Kind.String(), Number: u.Number, Volatile: u.Volatile})
		}
	}
	return m
}

// labelIn returns the label of the entry of the chain that a block holds.
func labelIn(s *session, u chain.Use) string {
	if u.Kind != chain.UseEntry && u.Kind != chain.UseBack {
		return ""
	}
	for _, e := range s.Entries() {
		if e.Number == u.Number {
			return e.Label
		}
	}
	return ""
}

// name returns what a legend calls a use.
func (u *mapUse) name() string {
	entry := fmt.Sprintf("snapshot %d", u.use.Number)
	if u.use.Volatile {
		entry = "the volatile entry"
	}
	switch u.use.Kind {
	case chain.UseEntry:
		return entry + quoted(u.Label)
	case chain.UseBack:
		return "copy of " + entry + quoted(u.Label) + " in the back buffer"
	case chain.UseRolledBack:
		return entry + ", rolled back"
	}
	return u.Use
}
