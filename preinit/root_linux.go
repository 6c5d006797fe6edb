package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/chain"
	"chainroot/mount"
)

// mountRoot waits for the device of the squashfs and mounts it at /rom.
func (u *unit) mountRoot() error {
	if u.par.root == "" {
		return errors.New("cannot find the firmware: the kernel's command line has no root=; " +
			"it names the device of the squashfs, as /dev/…, PARTLABEL=…, PARTUUID=…, mtd:NAME, mtdN or ubi:NAME")
	}
	time.Sleep(u.par.delay)
	from := blockNodes
	if u.par.fstype == chain.ContentUBIFS.String() {
		from = charNodes
	}
	device, err := u.await(u.par.root, from, u.par.wait)
	if err != nil {
		return fmt.Errorf("cannot find the firmware at root=%s: %w", u.par.root, err)
	}
	u.report.Root = device
	flags, data := mount.Options(u.par.flags, unix.MS_RDONLY)
	for fstype, rest, more := "", u.par.fstype, true; more; {
		fstype, rest, more = strings.Cut(rest, ",")
		// Whatever rootflags= says: two boots of a firmware that was written to
		// are not the same.
		err = mount.Device(device, romDir, fstype, flags|unix.MS_RDONLY, data)
		if err == nil {
			u.log.debugf("mounted %s as %s", device, fstype)
			u.root = romDir
			return nil
		}
	}
	return fmt.Errorf("%w (error %d); is there a %s on it, and is the kernel built for its compression? "+
		"root=, rootfstype= and rootflags= say what is mounted", err, errno(err), u.par.fstype)
}

func errno(err error) int {
	var n unix.Errno
	errors.As(err, &n)
	return int(n)
}

// freeInitramfs gives the memory of the initramfs back to the chain that is
// unpacked next. There is a squashfs now, and a shell in it.
func (u *unit) freeInitramfs() error {
	if err := mount.Free("/", "dev", "proc", "sys", "rom"); err != nil {
		u.log.warnf("%v", err)
	}
	return nil
}
