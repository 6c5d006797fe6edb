package main

import (
	"errors"
	"fmt"
	"slices"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
)

// repair ties up what a power cut has left between two states, so that every
// later boot shows what this one does, and returns the chain as it reads then.
// It is all that a boot ever writes to flash. A chain that cannot be repaired is
// as good for this boot as it was.
func (u *unit) repair(c *chain.Chain) *chain.Chain {
	err := mayRepair(c)
	if err == nil {
		err = u.repairFlash()
	}
	if err != nil {
		u.skip("repair", fmt.Errorf("%w; until it is repaired, a later boot may show another state than this one", err))
	}
	again, err := chain.Open(u.flash)
	if err != nil {
		u.log.errorf("cannot read the chain on %s again: %v", u.data, err)
		return c
	}
	return again
}

// repairFlash opens the device for writing, as long as it takes to repair what
// shows there then.
func (u *unit) repairFlash() error {
	g := u.flash.Geometry()
	dev, err := u.open(u.data, &flash.Options{EraseSize: g.EraseSize, WriteSize: g.WriteSize})
	if err != nil {
		return fmt.Errorf("cannot repair what a power cut has left: %w", err)
	}
	err = u.safely(func() error { return u.repairOn(dev) })
	if closed := dev.Close(); err == nil && closed != nil {
		err = fmt.Errorf("cannot close flash: %w", closed)
	}
	return err
}

func (u *unit) repairOn(dev flash.Device) error {
	c, err := chain.Open(dev)
	if err != nil {
		return fmt.Errorf("cannot read the chain on %s: %w", u.data, err)
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := mayRepair(c); err != nil {
		return err
	}
	if c.Settled() {
		return nil
	}
	damage := c.Damage()
	if err := c.Repair(); err != nil {
		return err
	}
	// What is mended now, or overruled, would not be told of any more.
	u.damaged(slices.DeleteFunc(damage, func(d chain.Damage) bool {
		return slices.ContainsFunc(c.Damage(), func(now chain.Damage) bool { return now.What == d.What })
	}))
	if !c.Settled() {
		return errors.New("cannot repair all that a power cut has left")
	}
	u.report.Repaired = true
	shows := plan{snapshots: len(c.Snapshots()), volatile: c.Volatile() != nil}
	if c.Foreign() != chain.ContentUnknown {
		shows = plan{layout: boot.Classic}
	}
	u.log.warnf("repaired what a power cut has left between two states on %s: every boot shows %s from now on", u.data, shows)
	return nil
}

// mayRepair returns nil, or why nothing may be written. Beside another file system
// there is something to repair after a conversion that was cut short.
func mayRepair(c *chain.Chain) error {
	if c.Foreign() != chain.ContentUnknown {
		return nil
	}
	return c.Writable()
}
