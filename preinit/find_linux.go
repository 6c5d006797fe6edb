package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/flash"
	"chainroot/mount"
)

// ubiName is the MTD partition for UBI, by OpenWrt's convention.
const ubiName = "ubi"

// await returns the node of a device as soon as it is there, within the given
// time; negative: whenever.
func (u *unit) await(name string, n nodes, limit time.Duration) (string, error) {
	start := time.Now()
	for said := start; ; time.Sleep(20 * time.Millisecond) {
		node, err := u.find(name, n)
		if err == nil || errors.Is(err, errName) {
			return node, err
		}
		if waited := time.Since(start); limit >= 0 && waited >= limit {
			return "", fmt.Errorf("it did not appear within %d s (rootwait waits for ever, rootwait=SECONDS that long): %w",
				limit/time.Second, err)
		}
		if time.Since(said) >= 10*time.Second {
			said = time.Now()
			u.log.warnf("still waiting for %s, %d s now: %v", name, time.Since(start)/time.Second, err)
		}
	}
}

// find returns the node of a device that is there. A UBI volume that is not is
// brought about.
func (u *unit) find(name string, n nodes) (string, error) {
	node, err := u.look(name, n)
	_, _, labelled := volumeLabel(name)
	_, numbered := volumeNumbers(name)
	if !errors.Is(err, fs.ErrNotExist) || !labelled && !numbered {
		return node, err
	}
	node, err = u.look(name, charNodes)
	if errors.Is(err, fs.ErrNotExist) && u.attach(ubiName) {
		node, err = u.look(name, charNodes)
	}
	if err != nil || n.ubi == charNodes.ubi {
		return node, err
	}
	if err := mount.VolumeBlock(node); err != nil {
		return "", err
	}
	return u.look(name, n)
}

// look returns the node of a device as it is.
func (u *unit) look(name string, n nodes) (string, error) {
	path, err := locate(u.sysfs, name, n)
	if err == nil {
		node, _ := flash.Node(path)
		var stat unix.Stat_t
		if err = unix.Stat(node, &stat); err != nil {
			err = &fs.PathError{Op: "stat", Path: node, Err: err}
		}
	}
	return path, err
}

// attach makes a UBI device of the MTD partition of a name, unless that was
// tried before, and reports whether there may be more volumes now. One that holds
// no UBI is left alone: the kernel would format it if it is erased.
func (u *unit) attach(name string) bool {
	number, err := mount.MTD(u.sysfs, name)
	if err != nil || slices.Contains(u.tried, number) || !holdsUBI(charNodes.mtd+strconv.Itoa(number)) {
		return false
	}
	u.tried = append(u.tried, number)
	if err := mount.AttachUBI(number); err != nil {
		u.log.warnf("%v", err)
		return false
	}
	u.log.debugf("attached MTD partition %s to UBI", name)
	return true
}

// How many good blocks of an MTD partition are looked at for UBI, and how many of
// them must be UBI's: a power cut may have left any of them blank or torn.
const (
	ubiLook  = 8
	ubiBlock = 2
)

// holdsUBI reports whether an MTD partition holds UBI.
func holdsUBI(node string) bool {
	dev, err := flash.Open(node, &flash.Options{ReadOnly: true})
	if err != nil {
		return false
	}
	defer dev.Close()
	g, looked, found := dev.Geometry(), 0, 0
	for block := 0; block < g.Blocks() && looked < ubiLook; block++ {
		if bad, err := dev.IsBad(block); bad || err != nil {
			continue
		}
		looked++
		var magic [4]byte
		if _, err := dev.ReadAt(magic[:], int64(block)*int64(g.EraseSize)); err == nil && string(magic[:]) == "UBI#" {
			found++
		}
	}
	return found >= ubiBlock
}
