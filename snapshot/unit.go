package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/json"
)

// The places of a running unit. pushedPath names, a hash in a line, the
// entries saved since the boot: the running system contains them, though not in
// its lower layers.
const (
	upperPath   = "/overlay/upper"
	lowerPath   = "/snapshot/upper"
	overlayPath = "/overlay"
	romPath     = "/rom"
	pushedPath  = "/snapshot/pushed"
)

func (c *cli) path(name string) string { return filepath.Join(c.root, name) }

// report returns what preinit wrote about the boot of this unit; nil when this
// is not a unit.
func (c *cli) report() (*boot.Report, error) {
	b, err := os.ReadFile(c.path(boot.ReportPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the report of the boot: %w", err)
	}
	r := &boot.Report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("cannot read the report of the boot, %s: %w", c.path(boot.ReportPath), err)
	}
	return r, nil
}

// devicePath returns the device that --device names, or that of the unit.
func (c *cli) devicePath() (string, error) {
	if c.device != "" {
		return c.device, nil
	}
	r, err := c.report()
	switch {
	case err != nil:
		return "", err
	case r == nil:
		return "", &codeError{exitDevice, fmt.Errorf("this system was not booted by preinit (there is no %s): name a chain with --device", c.path(boot.ReportPath))}
	case r.Device == "":
		return "", &codeError{exitDevice, errors.New("this unit has no rootfs_data: nothing can be kept; see snapshot.device= in the manual, or name a chain with --device")}
	}
	return r.Device, nil
}

// onUnit reports whether the command is about the chain of this running unit,
// and returns the report of its boot.
func (c *cli) onUnit() (*boot.Report, error) {
	r, err := c.report()
	if err != nil || r == nil || (c.device != "" && c.device != r.Device) {
		return nil, err
	}
	return r, nil
}

// pushed returns the hashes of the entries saved since the boot, as they were
// before any compact.
func (c *cli) pushed(o origins) (map[string]bool, error) {
	found := map[string]bool{}
	b, err := os.ReadFile(c.path(pushedPath))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, line := range strings.Fields(string(b)) {
		for _, hash := range o.of(line) {
			found[hash] = true
		}
	}
	return found, nil
}

// noteRunning adds an entry to those that were saved from the running system since
// its boot, unless it was saved from another upper directory. It is called before a
// push: one too many does no harm.
func (c *cli) noteRunning(s *session, upper string, e *chain.Entry) error {
	if !s.own || upper != "" {
		return nil
	}
	return c.note(pushedPath, fmt.Sprintln(e.Hash))
}

// runs reports whether the running system contains an entry, or was booted with it.
func (c *cli) runs(r *boot.Report, e *chain.Entry) (bool, error) {
	o, err := c.origins()
	if err != nil {
		return false, err
	}
	saved, err := c.pushed(o)
	if err != nil {
		return false, err
	}
	for _, booted := range r.Entries {
		saved[booted.Hash] = true
	}
	for _, hash := range o.of(e.Hash.String()) {
		if !saved[hash] {
			return false, nil
		}
	}
	return true, nil
}

// since returns the snapshots of the chain that were pushed from the running
// system since its boot. The rest must be what it was booted with, or what the
// running system shows is not what a new entry would stand on: an error with
// exitState. When compact has folded snapshots of both kinds into one, that one
// is the first of those returned, and mixed is true.
func (c *cli) since(s *session, r *boot.Report) (rest []*chain.Entry, mixed bool, err error) {
	if r.Layout != boot.Stacked && r.Layout != boot.Flat {
		return nil, false, stateError("the root file system of this boot is %q, not squashfs and chain: it has no delta to save", r.Layout)
	}
	o, err := c.origins()
	if err != nil {
		return nil, false, err
	}
	pushed, err := c.pushed(o)
	if err != nil {
		return nil, false, err
	}
	var below []boot.Entry // in the lower layers of the running system
	for _, e := range r.Entries {
		if e.Volatile {
			pushed[e.Hash] = true // it is in the upper directory, like what was pushed
		} else {
			below = append(below, e)
		}
	}
	for i, e := range s.Snapshots() {
		var lower, upper bool // what e stands for
		for _, hash := range o.of(e.Hash.String()) {
			switch {
			case len(below) > 0 && below[0].Hash == hash:
				below, lower = below[1:], true
			case len(below) > 0:
				return nil, false, goneError(below[0])
			case !pushed[hash]:
				return nil, false, stateError("this system runs on %s (%s), the chain goes on to snapshot %d: `snapshot rollback %d` keeps the state that runs, a reboot gives the other",
					stateName(i), asked(r), len(s.Snapshots()), i)
			default:
				upper = true
			}
		}
		if upper {
			rest = append(rest, e)
			mixed = mixed || lower
		}
	}
	if len(below) > 0 {
		return nil, false, goneError(below[0])
	}
	return rest, mixed, nil
}

func goneError(e boot.Entry) error {
	return stateError("the chain no longer holds snapshot %d, which this system runs on: reboot first", e.Number)
}

// asked tells why the running state is not the newest.
func asked(r *boot.Report) string {
	switch {
	case r.Asked != "" && r.Asked != "last":
		return "snapshot." + r.Asked + " on the kernel command line"
	case len(r.Skipped) > 0:
		return "the boot passed over " + r.Skipped[0].What
	}
	return "as it was booted"
}

// stateName names the state after n snapshots.
func stateName(n int) string {
	if n == 0 {
		return "the bare firmware"
	}
	return fmt.Sprintf("snapshot %d", n)
}
