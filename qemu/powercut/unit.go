package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/image"
	"chainroot/qemu/powercut/journal"
)

// flashSize is the size of rootfs_data, in bytes: full after some ten commits,
// so that commands meet its end too.
const flashSize = 3 << 19

// The unit's flash is as slow as a NOR chip, in bytes per second, and takes one
// page of the machine's page cache at a time. So most of a command's time goes
// into writing, and a cut finds any number of pages written.
const (
	writeRate = 256 << 10
	onePage   = "echo 4 > /sys/block/vdb/queue/max_sectors_kb"
)

// perBoot is how many numbers for trees each boot gets: more than it can use.
const perBoot = 1000

// unit is a unit whose power is cut again and again.
type unit struct {
	machine  *qemu.Machine
	snapshot string // the program, for this host
	dir      string // of its flash, and what else is of use after a failure
	random   *rand.Rand
	window   time.Duration

	vm    *qemu.VM
	boots uint64
	state journal.State
	trees journal.Trees
}

func newUnit(img *image.Image, attach qemu.Attach, dir string, seed uint64, window time.Duration) *unit {
	machine := img.Machine(filepath.Join(dir, "flash.img"), attach)
	machine.WriteRate = writeRate
	return &unit{
		machine:  machine,
		snapshot: img.Snapshot,
		dir:      dir,
		random:   rand.New(rand.NewPCG(seed, uint64(attach))),
		window:   window,
	}
}

// start boots the unit for the first time, with an erased flash.
func (u *unit) start() error {
	if err := os.MkdirAll(u.dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(u.machine.Flash, bytes.Repeat([]byte{0xff}, flashSize), 0o644); err != nil {
		return err
	}
	s, err := u.boot()
	if err != nil {
		return err
	}
	if len(s.chain) > 0 {
		return fmt.Errorf("a unit with an erased flash boots %s", s.chain)
	}
	u.state, u.trees = journal.Firmware(s.tree), journal.Trees{"": s.tree}
	return nil
}

// shown is what a boot shows.
type shown struct {
	chain    journal.Entries // that was replayed
	tree     string          // hash of what the loop changes
	repaired bool
	skipped  []boot.Skipped
}

func (u *unit) boot() (s shown, err error) {
	u.boots++
	if u.vm, err = u.machine.Boot(); err != nil {
		return s, err
	}
	text, err := u.run("cat " + boot.ReportPath)
	if err != nil {
		return s, err
	}
	var r boot.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return s, fmt.Errorf("cannot read the report of the boot: %w", err)
	}
	for _, e := range r.Entries {
		s.chain = append(s.chain, journal.Entry{Label: e.Label, Volatile: e.Volatile})
	}
	s.repaired, s.skipped = r.Repaired, r.Skipped
	if text, err = u.run(image.Probe + " trees"); err != nil {
		return s, err
	}
	u.keep("trees.txt", text)
	s.tree = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	return s, nil
}

// run runs a command on the unit that must succeed.
func (u *unit) run(command string) (string, error) {
	r, err := u.vm.Run(command)
	if err == nil && r.Status != 0 {
		err = fmt.Errorf("%q ended with status %d: %s%s", command, r.Status, r.Output, r.Errors)
	}
	return r.Output, err
}

// keep leaves a text for whoever looks into a failure.
func (u *unit) keep(name, text string) {
	_ = os.WriteFile(filepath.Join(u.dir, name), []byte(text), 0o644) // a convenience
}

// cutFlash is where the flash is kept as the last cut has left it.
func (u *unit) cutFlash() string { return filepath.Join(u.dir, "flash-cut.img") }

// evidence says what is left to look into after a failure.
func (u *unit) evidence() string {
	again := *u.machine
	again.Flash = u.cutFlash()
	return fmt.Sprintf("%s has the flash as the cut has left it, and the journal; this boots it:\n%s", u.dir, again.Reproduce())
}

// end ends the machine if it runs.
func (u *unit) end() {
	if u.vm != nil {
		u.vm.Kill()
		u.keep("console-last.txt", u.vm.Console.Text())
	}
}
