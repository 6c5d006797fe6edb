package main

import (
	"flag"
	"fmt"
	"io"
	"time"

	"chainroot/boot"
	"chainroot/json"
)

var infoCommand = command{
	name:    "info",
	args:    "[--json]",
	summary: "list the entries of the chain and how the flash is used",
	details: `Lists the entries with their sizes in bytes and erase blocks, and how the flash
is used. Headers and records are read; payloads are not, but for those that a
roll-back took away: verify reads all.

  --json  as one JSON object
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, _ []string) error {
			return c.with(false, func(s *session) error {
				i, err := c.info(s)
				if err != nil {
					return err
				}
				if *asJSON {
					return writeJSON(c.out, i)
				}
				return i.print(c.out)
			})
		}
	},
}

// info is what `info --json` prints. Sizes are in bytes unless they are named
// blocks.
type info struct {
	Device     string      `json:"device"`
	Holds      string      `json:"holds"`
	ID         string      `json:"id"`
	EraseSize  int         `json:"erase_size"`
	WriteSize  int         `json:"write_size"`
	Blocks     int         `json:"blocks"`
	BadBlocks  int         `json:"bad_blocks"`
	UsedBlocks int         `json:"used_blocks"`
	FreeBlocks int         `json:"free_blocks"`
	Used       int64       `json:"used"`
	Free       int64       `json:"free"`
	Entries    []entryInfo `json:"entries"`
	BackBuffer *backInfo   `json:"back_buffer"` // null: not in use
	RolledBack int         `json:"rolled_back"` // entries that rollback --undo brings back
	Damage     []damage    `json:"damage"`
	Running    *boot.State `json:"running"`    // as it was booted; null: not on the unit
	RunningIn  int         `json:"running_in"` // the snapshot that holds the last of those now; 0: none
}

type entryInfo struct {
	Number   int       `json:"number"`
	Volatile bool      `json:"volatile"`
	Label    string    `json:"label"`
	Hash     string    `json:"hash"`
	Created  time.Time `json:"created"`
	Stored   int64     `json:"stored"`
	Unpacked int64     `json:"unpacked"`
	Block    int       `json:"block"`
	Blocks   int       `json:"blocks"`
	Pinned   bool      `json:"pinned"`
	Boots    *int      `json:"boots"` // that are left to its trial; null: it is not on trial
}

type backInfo struct {
	Block  int    `json:"block"`
	Blocks int    `json:"blocks"`
	Hash   string `json:"hash"` // of the entry in it
}

type damage struct {
	What   string `json:"what"`
	Reason string `json:"reason"`
}

func damages(s *session) []damage {
	list := []damage{}
	for _, d := range s.Damage() {
		list = append(list, damage{d.What, d.Err.Error()})
	}
	return list
}

func (c *cli) info(s *session) (*info, error) {
	space := s.Space()
	i := &info{
		Device:     s.path,
		Holds:      s.holds.String(),
		ID:         s.ID().String(),
		EraseSize:  space.EraseSize,
		WriteSize:  space.WriteSize,
		Blocks:     space.Blocks,
		BadBlocks:  space.Bad,
		UsedBlocks: space.Used,
		FreeBlocks: space.Free,
		Used:       int64(space.Used) * int64(space.EraseSize),
		Free:       int64(space.Free) * int64(space.EraseSize),
		Entries:    []entryInfo{},
		RolledBack: space.RolledBack,
		Damage:     damages(s),
	}
	for _, e := range s.Entries() {
		var boots *int
		if t, ok := e.Trial(); ok {
			boots = &t.Left
		}
		i.Entries = append(i.Entries, entryInfo{
			Boots:  boots,
			Pinned: e.Pinned(),
			Number: e.Number, Volatile: e.IsVolatile(), Label: e.Label, Hash: e.Hash.String(), Created: e.Time(),
			Stored: e.Stored, Unpacked: e.Unpacked, Block: e.Block, Blocks: e.Blocks,
		})
	}
	if b := space.Back; b != nil {
		i.BackBuffer = &backInfo{Block: b.Block, Blocks: b.Blocks, Hash: b.Hash.String()}
	}
	r, err := c.onUnit()
	if err != nil {
		return nil, err
	}
	if r != nil {
		i.Running = &r.State
		if i.RunningIn, err = c.nowIn(s, r); err != nil {
			return nil, err
		}
	}
	return i, nil
}

func (i *info) print(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s; %s, erase blocks of %d bytes, write units of %d\n\n", i.Device, i.Holds, count(i.Blocks, "block", "blocks"), i.EraseSize, i.WriteSize)
	rows := [][]string{{"ENTRY", "WRITTEN (UTC)", "STORED", "UNPACKED", "BLOCKS", "AT", "LABEL"}}
	for _, e := range i.Entries {
		name := fmt.Sprint(e.Number)
		if e.Volatile {
			name = "volatile"
		}
		rows = append(rows, []string{name, timeText(e.Created), fmt.Sprint(e.Stored), fmt.Sprint(e.Unpacked), fmt.Sprint(e.Blocks), fmt.Sprint(e.Block), escaped(e.Label)})
	}
	if err := printTable(out, rows); err != nil {
		return err
	}
	if len(i.Entries) == 0 {
		fmt.Fprintln(out, "(none: the bare firmware)")
	}
	fmt.Fprintf(out, "\nused         %10d bytes in %s\n", i.Used, count(i.UsedBlocks, "block", "blocks"))
	fmt.Fprintf(out, "free         %10d bytes in %s\n", i.Free, count(i.FreeBlocks, "block", "blocks"))
	if b := i.BackBuffer; b != nil {
		fmt.Fprintf(out, "back buffer  in use by a command that was cut short, the next command ends it: %s at %d\n", count(b.Blocks, "block", "blocks"), b.Block)
	} else {
		fmt.Fprintln(out, "back buffer  not in use")
	}
	if i.BadBlocks > 0 {
		fmt.Fprintf(out, "bad          %s\n", count(i.BadBlocks, "block", "blocks"))
	}
	for _, e := range i.Entries {
		if e.Pinned {
			fmt.Fprintf(out, "pinned       snapshot %d\n", e.Number)
		}
		if e.Boots != nil {
			fmt.Fprintf(out, "on trial     the last entry; %s\n", count(*e.Boots, "boot is left", "boots are left"))
		}
	}
	if i.RolledBack > 0 {
		fmt.Fprintf(out, "rolled back  %s; rollback --undo takes that back\n", count(i.RolledBack, "entry", "entries"))
	}
	if i.Running != nil {
		now := ""
		if i.RunningIn > 0 && i.RunningIn != i.Running.Snapshot {
			now = fmt.Sprintf("; snapshot %d is in snapshot %d now", i.Running.Snapshot, i.RunningIn)
		}
		fmt.Fprintf(out, "running      %s%s\n", described(i.Running.Snapshot, i.Running.Volatile), now)
	}
	fmt.Fprintf(out, "state        %s\n", i.ID)
	for _, d := range i.Damage {
		fmt.Fprintf(out, "damage       %s: %s\n", d.What, escaped(d.Reason))
	}
	return nil
}

func writeJSON(out io.Writer, v any) error {
	b, err := json.AppendLines(nil, v)
	if err != nil {
		return err
	}
	_, err = out.Write(append(b, '\n'))
	return err
}
