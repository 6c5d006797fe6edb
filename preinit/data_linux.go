package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
	"chainroot/memory"
)

// dataName is what the partition of the chain is called, as on OpenWrt.
const dataName = "rootfs_data"

// findData finds the device of rootfs_data. A unit without one boots with all
// changes in RAM.
func (u *unit) findData() error {
	var err error
	if name := u.par.device; name != "" {
		u.data, err = u.await(name, charNodes, max(u.par.wait, defaultWait))
	} else {
		u.data, err = u.searchData()
	}
	switch {
	case err == nil:
		u.report.Device = u.data
		u.log.debugf("%s is %s", dataName, u.data)
	case u.par.device == "" && errors.Is(err, fs.ErrNotExist):
		u.data = ""
		u.skip(dataName, errors.New("there is no partition or UBI volume of that name, and no room behind a squashfs on a disk: changes stay in RAM (snapshot.device= names another device)"))
	default:
		u.data = ""
		u.skip(dataName, fmt.Errorf("%w; changes stay in RAM", err))
	}
	return nil
}

// readChain identifies what rootfs_data holds and walks the chain, if it is
// one. Errors leave the unit with the bare firmware.
func (u *unit) readChain() error {
	if u.data == "" || u.par.asked.skip {
		return nil
	}
	if err := u.openChain(); err != nil {
		u.chain = nil
		u.skip(dataName, fmt.Errorf("%w; changes stay in RAM", err))
	}
	if u.chain == nil {
		u.closeFlash()
	}
	return nil
}

func (u *unit) openChain() error {
	var err error
	if u.flash, err = chain.OpenFlash(u.data, &flash.Options{ReadOnly: true}); err != nil {
		return err
	}
	u.shape = u.flash.Geometry()
	content, err := chain.Identify(u.flash)
	if err != nil {
		return fmt.Errorf("cannot identify what %s holds: %w", u.data, err)
	}
	u.report.Holds = content.String()
	u.log.debugf("%s holds: %s", u.data, content)
	switch {
	case content == chain.ContentChain || content.Free():
		return u.walkChain(content == chain.ContentChain)
	case content == chain.ContentJFFS2, content == chain.ContentUBIFS, content == chain.ContentExt4, content == chain.ContentF2FS:
		u.classic = content.String()
		return u.settleClassic()
	case content == chain.ContentFstools:
		return fmt.Errorf("%s holds a chain of fstools: `snapshot convert` makes one of ours of it", u.data)
	case content == chain.ContentUBI:
		return fmt.Errorf("%s holds UBI, and a volume on that is named ubi:NAME", u.data)
	}
	return fmt.Errorf("%s holds %s, which is no chain", u.data, content)
}

// settleClassic ties up what a conversion to a chain has left that was cut short:
// so that no later boot finds it complete.
func (u *unit) settleClassic() error {
	c, err := chain.Open(u.flash)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", u.data, err)
	}
	if c.Foreign() != chain.ContentUnknown && u.par.asked == (asked{}) && !c.Settled() {
		u.repair(c)
	}
	return nil
}

// walkChain walks the chain, repairs it if it may, and notes what is damaged.
func (u *unit) walkChain(repair bool) error {
	c, err := chain.Open(u.flash)
	if err != nil {
		return fmt.Errorf("cannot read the chain on %s: %w", u.data, err)
	}
	if u.par.asked.back {
		// "The state before" counts from what would be booted: damaged payloads,
		// which otherwise show when they are unpacked, have to show now.
		if err := c.Check(); err != nil {
			u.log.errorf("%v", err)
		}
	}
	if repair && u.par.asked == (asked{}) && !c.Settled() {
		c = u.repair(c)
	}
	u.damaged(c.Damage())
	u.chain = c
	return nil
}

// damaged notes what the walk of a chain has passed over.
func (u *unit) damaged(list []chain.Damage) {
	for _, d := range list {
		u.skip(strings.TrimSuffix(strings.TrimPrefix(d.What, "the "), " entry"), d.Err)
	}
}

func (u *unit) closeFlash() {
	if u.flash != nil {
		u.flash.Close()
		u.flash = nil
	}
}

// available returns how many snapshots the chain has now, and whether there is
// a volatile entry.
func (u *unit) available() (int, bool) {
	if u.chain == nil {
		return 0, false
	}
	return len(u.chain.Snapshots()), u.chain.Volatile() != nil
}

// chooseState settles which state to build.
func (u *unit) chooseState() error {
	last := plan{layout: u.par.layout}
	last.snapshots, last.volatile = u.available()
	if u.classic != "" {
		last = plan{layout: boot.Classic}
	}
	var note string
	u.target, note = u.par.asked.choose(last)
	if u.target.layout == boot.Stacked {
		u.target.layout = u.par.layout
	}
	if note != "" {
		u.log.warnf("%s", note)
	}
	u.plan = u.target
	if u.plan.snapshots > 0 || u.plan.volatile {
		memory.Boot() // not before: a boot with nothing to replay makes next to no garbage
	}
	return nil
}
