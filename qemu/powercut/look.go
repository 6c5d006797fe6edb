package main

import (
	"fmt"
	"os/exec"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/qemu"
	"chainroot/qemu/powercut/journal"
)

// look returns the chain that the host sees on the flash as the cut has left
// it. An error means that it sees none, or that verify complains.
func (u *unit) look() (journal.Entries, error) {
	if err := u.verify(); err != nil {
		return nil, err
	}
	dev, err := chain.OpenFlash(u.cutFlash(), &flash.Options{ReadOnly: true, WriteSize: u.writeSize()})
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

// verify runs snapshot verify on that flash, as on a workstation.
func (u *unit) verify() error {
	cmd := exec.Command(u.snapshot, "--device", u.cutFlash(), "--write-size", fmt.Sprint(u.writeSize()), "verify")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	return nil
}

// writeSize is what the unit takes for a write unit of its flash, in bytes.
func (u *unit) writeSize() int {
	if u.machine.Attach == qemu.MTD {
		return 1 // as block2mtd says
	}
	return flash.DefaultWriteSize
}
