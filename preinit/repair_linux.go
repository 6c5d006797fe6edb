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
// Beside the records of a trial it is all that a boot ever writes to flash. A
// chain that cannot be repaired is as good for this boot as it was.
func (u *unit) repair(c *chain.Chain) *chain.Chain {
	err := mayRepair(c)
	if err == nil {
		if err = u.writing(u.repairOn); err != nil {
			err = fmt.Errorf("cannot repair what a power cut has left: %w", err)
		}
	}
	if err != nil {
		u.skip("repair", fmt.Errorf("%w; until it is repaired, a later boot may show another state than this one", err))
	}
	return u.again(c)
}

// again returns the chain as it reads after something was written; or c, where
// it cannot be read again.
func (u *unit) again(c *chain.Chain) *chain.Chain {
	again, err := chain.Open(u.flash)
	if err != nil {
		u.log.errorf("cannot read the chain on %s again: %v", u.data, err)
		return c
	}
	return again
}

// writing opens the device for writing, as long as f takes with the chain that
// shows there then.
func (u *unit) writing(f func(*chain.Chain) error) error {
	dev, err := u.open(u.data, &flash.Options{EraseSize: u.shape.EraseSize, WriteSize: u.shape.WriteSize})
	if err != nil {
		return err
	}
	err = u.safely(func() error {
		c, err := chain.Open(dev)
		if err != nil {
			return fmt.Errorf("cannot read the chain on %s: %w", u.data, err)
		}
		return f(c)
	})
	if closed := dev.Close(); err == nil && closed != nil {
		err = fmt.Errorf("cannot close flash: %w", closed)
	}
	return err
}

func (u *unit) repairOn(c *chain.Chain) error {
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
