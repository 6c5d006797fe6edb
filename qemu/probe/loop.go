//go:build linux

package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
	"chainroot/qemu/powercut/journal"
)

// loop is commands for the chain, one after the other until the power is cut,
// and the journal of them on the second serial line.
type loop struct {
	journal *os.File
	device  string
	random  *rand.Rand
	next    uint64 // number of the next tree and label
	undo    bool   // the last command was a roll-back
}

// loopFor runs the loop that belongs to a seed. The numbers that name trees
// begin with first: no two boots of a unit may name different trees alike.
func loopFor(seed, first string) error {
	s, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return err
	}
	l := &loop{random: rand.New(rand.NewPCG(s, 0))}
	if l.next, err = strconv.ParseUint(first, 10, 64); err != nil {
		return err
	}
	name, err := line()
	if err != nil {
		return err
	}
	if l.journal, err = os.OpenFile(name, os.O_WRONLY|unix.O_NOCTTY, 0); err != nil {
		return err
	}
	defer l.journal.Close()
	if l.device, err = ownDevice(); err != nil {
		return err
	}
	// The last one who closes a block device flushes it: that must not be what
	// makes a commit last.
	held, err := os.Open(l.device)
	if err != nil {
		return err
	}
	defer held.Close()
	// The first one is read from the squashfs, which takes longer than any command:
	// too many cuts would come before anything happens.
	if err := exec.Command("/sbin/snapshot", "id").Run(); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := l.step(n); err != nil {
			return err
		}
	}
}

// ownDevice is the device that the unit's chain is on.
func ownDevice() (string, error) {
	var r boot.Report
	text, err := os.ReadFile(boot.ReportPath)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return "", err
	}
	return r.Device, nil
}

// step runs one command, between two lines of the journal.
func (l *loop) step(n int) error {
	c, err := l.choose()
	if err != nil {
		return err
	}
	if err := l.tell(journal.Intention(n, c)); err != nil {
		return err
	}
	out, failed := exec.Command("/sbin/snapshot", c.Args()...).CombinedOutput()
	var exit *exec.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		return failed
	}
	status := 0
	if exit != nil {
		status = exit.ExitCode()
	}
	found, err := l.look()
	if err != nil {
		return err
	}
	if err := l.tell(journal.Acknowledgement(n, status, found)); err != nil {
		return err
	}
	if status != 0 && !journal.Refused(status) {
		return fmt.Errorf("%w: %s", failed, out) // which ends the journal
	}
	return nil
}

// tell writes a line and waits until it has left the machine.
func (l *loop) tell(text string) error {
	if _, err := io.WriteString(l.journal, text); err != nil {
		return err
	}
	const drain = 1 // tcdrain(3) on Linux
	return unix.IoctlSetInt(int(l.journal.Fd()), unix.TCSBRK, drain)
}

// often has each kind of command as often as it is to come.
var often = [...]journal.Kind{
	journal.Config, journal.Config, journal.Config, journal.Config, journal.Config,
	journal.Push, journal.Push, journal.Push, journal.Push, journal.Push,
	journal.Rollback, journal.Rollback, journal.Undo, journal.Compact, journal.CompactKeep,
}

// choose picks a command, and changes the trees for it. A roll-back below the
// state that was booted would have most others refused, so it is taken back as
// often as not.
func (l *loop) choose() (journal.Command, error) {
	undo := l.undo && l.random.IntN(2) == 0
	l.undo = false
	kind := often[l.random.IntN(len(often))]
	if undo {
		kind = journal.Undo
	}
	c := journal.Command{Kind: kind}
	switch kind {
	case journal.Rollback:
		l.undo = true
	case journal.Config, journal.Push:
		c.Label = fmt.Sprint(l.next)
		// A push without a change is one record.
		if kind == journal.Config || l.random.IntN(2) == 0 {
			if err := generation("", l.next); err != nil {
				return c, err
			}
		}
		l.next++
		hash := sha256.New()
		for _, top := range generated {
			if err := dump(hash, top); err != nil {
				return c, err
			}
		}
		c.Tree = fmt.Sprintf("%x", hash.Sum(nil))
	}
	return c, nil
}

// look reads what the chain shows now.
func (l *loop) look() (journal.Entries, error) {
	dev, err := chain.OpenFlash(l.device, &flash.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	c, err := chain.Open(dev)
	if err != nil {
		return nil, err
	}
	return journal.Of(c), nil
}
