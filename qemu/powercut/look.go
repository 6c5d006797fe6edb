package main

import (
	"encoding/json"
	"fmt"
	"os/exec"

	"chainroot/qemu"
	"chainroot/qemu/powercut/journal"
)

// look returns the chain that the host sees on the flash as the cut has left
// it, and checks that all of it holds.
func (u *unit) look() (journal.Entries, error) {
	if _, err := u.host("verify"); err != nil {
		return nil, err
	}
	text, err := u.host("info", "--json")
	if err != nil {
		return nil, err
	}
	var info struct {
		Entries []struct {
			Label    string
			Volatile bool
		}
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, fmt.Errorf("cannot read what info says: %w", err)
	}
	var chain journal.Entries
	for _, e := range info.Entries {
		chain = append(chain, journal.Entry{Label: e.Label, Volatile: e.Volatile})
	}
	return chain, nil
}

// host runs the program snapshot of this host on that flash.
func (u *unit) host(args ...string) ([]byte, error) {
	device := []string{"--device", u.cutFlash()}
	if u.machine.Attach == qemu.MTD {
		device = append(device, "--write-size", "1") // as block2mtd says
	}
	cmd := exec.Command(u.snapshot, append(device, args...)...)
	out, err := cmd.Output()
	if err != nil {
		errs := ""
		if exit, ok := err.(*exec.ExitError); ok {
			errs = string(exit.Stderr)
		}
		return nil, fmt.Errorf("%s: %w: %s%s", cmd, err, out, errs)
	}
	return out, nil
}
