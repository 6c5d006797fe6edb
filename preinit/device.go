package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"chainroot/mount"
)

// errName is wrapped by errors about a device name that nothing can answer to.
var errName = errors.New("it is neither /dev/…, PARTLABEL=…, PARTUUID=…, mtd:NAME nor mtdN")

// Two nodes of an MTD partition: file systems are mounted from the first, the
// chain is read through the second.
const (
	mtdBlock = "/dev/mtdblock"
	mtdChar  = "/dev/mtd"
)

// locate returns the node in /dev of the device that a parameter names, with
// the given kind of node for an MTD partition. The node need not exist. The
// error wraps errName when waiting cannot help.
func locate(sysfs, name, mtdNode string) (string, error) {
	if label, ok := strings.CutPrefix(name, "PARTLABEL="); ok {
		return partition(sysfs, "PARTNAME", label)
	}
	if id, ok := strings.CutPrefix(name, "PARTUUID="); ok {
		return partition(sysfs, "PARTUUID", id)
	}
	if label, ok := strings.CutPrefix(name, "mtd:"); ok {
		n, err := mount.MTD(sysfs, label)
		return mtdNode + strconv.Itoa(n), err
	}
	if n, ok := mtdNumber(name); ok {
		return mtdNode + strconv.Itoa(n), nil
	}
	if strings.HasPrefix(name, "/dev/") {
		return name, nil
	}
	return "", fmt.Errorf("cannot understand device %q: %w", name, errName)
}

// mtdNumber returns the number of an MTD partition that is named by number, as
// mtd2 or as either of its nodes.
func mtdNumber(name string) (int, bool) {
	for _, prefix := range []string{mtdBlock, mtdChar, "mtdblock", "mtd"} {
		if digits, ok := strings.CutPrefix(name, prefix); ok {
			n, err := strconv.ParseUint(digits, 10, 15)
			return int(n), err == nil
		}
	}
	return 0, false
}

// partition returns the node of a partition of a block device. In sysfs an
// exclamation mark stands for a slash.
func partition(sysfs, key, value string) (string, error) {
	name, err := mount.Partition(sysfs, key, value)
	return "/dev/" + strings.ReplaceAll(name, "!", "/"), err
}
