package main

import (
	"flag"
	"fmt"
	"math"
	"strings"

	"chainroot/boot"
)

var bootCommand = command{
	name:    "boot",
	args:    "[--svg FILE | --json]",
	summary: "show where the time of the last boot went",
	details: `Draws how long each part of the last boot took, and each entry that was replayed,
as preinit has measured it:

  kernel     from the start of the kernel to preinit, its drivers included
  early      mounting /proc, /sys and /dev
  modules    loading kernel modules from the initramfs
  root       waiting for the device of the squashfs, and mounting it
  find       finding rootfs_data
  chain      reading the chain, repairing it, recording a boot on trial
  snapshots  replaying the snapshots
  volatile   replaying the volatile entry
  overlay    mounting the overlays
  init       looking for an init that runs

What the boot loader takes, and services from init on, is not in it. It is about
the running unit: what an image takes to boot, nobody knows.

` + svgHelp + `  --json      as one JSON object, times in microseconds
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		file := fs.String("svg", "", "")
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, _ []string) error {
			if *file != "" && *asJSON {
				return usageError("boot draws with --svg or lists with --json, not both")
			}
			r, err := c.bootReport()
			if err != nil {
				return err
			}
			t := newBootTimes(r)
			switch {
			case *asJSON:
				return writeJSON(c.out, t)
			case *file != "":
				return c.picture(*file, t.svg())
			}
			return c.printBoot(t)
		}
	},
}

// bootReport returns the report of the last boot of this unit.
func (c *cli) bootReport() (*boot.Report, error) {
	r, err := c.report()
	switch {
	case err != nil:
		return nil, err
	case c.device != "" && (r == nil || c.device != r.Device):
		return nil, usageError("boot is about the boot of this system, and not about %s: leave --device out, and run it on the unit", c.device)
	case r == nil:
		return nil, &codeError{exitDevice, fmt.Errorf("this system was not booted by preinit (there is no %s): run it on the unit", c.path(boot.ReportPath))}
	}
	return r, nil
}

// bootTimes is what `boot --json` prints.
type bootTimes struct {
	State        boot.State   `json:"state"`
	Asked        string       `json:"asked"`
	Microseconds int64        `json:"microseconds"` // of all phases
	Phases       []boot.Phase `json:"phases"`
	Entries      []boot.Entry `json:"entries"` // replayed in the phases snapshots and volatile

	bars []bootBar
}

// bootBar is a bar of the chart.
type bootBar struct {
	name  string
	entry bool // it is a part of the phase above it
	of    int  // its place among the entries
	took  int64
}

// newBootTimes takes the times from a report. Whatever stands there, none is less
// than nothing, and the sum is one.
func newBootTimes(r *boot.Report) *bootTimes {
	t := &bootTimes{State: r.State, Asked: r.Asked, Phases: []boot.Phase{}, Entries: []boot.Entry{}}
	const most = math.MaxInt64 / 1024 // 285 years
	for _, p := range r.Phases {
		p.Microseconds = min(max(p.Microseconds, 0), most)
		t.Microseconds = min(t.Microseconds+p.Microseconds, most)
		t.Phases = append(t.Phases, p)
	}
	for _, e := range r.Entries {
		e.Microseconds = min(max(e.Microseconds, 0), most)
		t.Entries = append(t.Entries, e)
	}
	for _, p := range t.Phases {
		t.bars = append(t.bars, bootBar{name: escaped(p.Name), took: p.Microseconds})
		for i, e := range t.Entries {
			if p.Name == "volatile" && e.Volatile || p.Name == "snapshots" && !e.Volatile {
				t.bars = append(t.bars, bootBar{name: entryName(e) + quoted(e.Label), entry: true, of: i, took: e.Microseconds})
			}
		}
	}
	return t
}

// title says which boot it was.
func (t *bootTimes) title() string {
	asked := ""
	if t.Asked != "last" && t.Asked != "" {
		asked = " (snapshot." + escaped(t.Asked) + ")"
	}
	return fmt.Sprintf("Boot of %s%s: %s from the kernel to init", described(t.State.Snapshot, t.State.Volatile), asked, secondsText(t.Microseconds))
}

// longest returns the time that the longest bar stands for.
func (t *bootTimes) longest() int64 {
	longest := int64(1)
	for _, b := range t.bars {
		longest = max(longest, b.took)
	}
	return longest
}

// share returns how much of the whole a time is, in words.
func (t *bootTimes) share(took int64) string {
	return fmt.Sprintf("%d%%", (took*100+t.Microseconds/2)/max(t.Microseconds, 1))
}

// millisecondsText returns microseconds as milliseconds, to a tenth of one.
func millisecondsText(us int64) string { return fmt.Sprintf("%d.%d ms", us/1e3, us/1e2%10) }

// secondsText returns microseconds as seconds, to the millisecond.
func secondsText(us int64) string { return fmt.Sprintf("%d.%03d s", us/1e6, us/1e3%1e3) }

// unicode reports whether the terminal shows more than ASCII, by the locale: the
// first of these variables that is set (POSIX, 8.2).
func (c *cli) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(c.env(name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}
