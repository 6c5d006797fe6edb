package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"chainroot/mount"
)

// errName is wrapped by errors about a device name that nothing can answer to.
var errName = errors.New("it takes /dev/…, PARTLABEL=…, PARTUUID=…, mtd:NAME, mtdN, ubi:NAME, ubiN:NAME or ubiN_M")

// nodes are the beginnings of the names of two nodes: of an MTD partition, whose
// number follows, and of a UBI volume.
type nodes struct{ mtd, ubi string }

// From block devices file systems are mounted, all but ubifs; through character
// devices the chain is read.
var (
	blockNodes = nodes{"/dev/mtdblock", "/dev/ubiblock"}
	charNodes  = nodes{"/dev/mtd", "/dev/ubi"}
)

// locate returns the node in /dev of the device that a parameter names. The node
// need not exist. The error wraps errName when waiting cannot help.
func locate(sysfs, name string, n nodes) (string, error) {
	if label, ok := strings.CutPrefix(name, "PARTLABEL="); ok {
		return partition(sysfs, "PARTNAME", label)
	}
	if id, ok := strings.CutPrefix(name, "PARTUUID="); ok {
		return partition(sysfs, "PARTUUID", id)
	}
	if label, ok := strings.CutPrefix(name, "mtd:"); ok {
		number, err := mount.MTD(sysfs, label)
		return n.mtd + strconv.Itoa(number), err
	}
	if number, ok := mtdNumber(name); ok {
		return n.mtd + strconv.Itoa(number), nil
	}
	if device, label, ok := volumeLabel(name); ok {
		numbers, err := mount.Volume(sysfs, device, label)
		return n.ubi + numbers, err
	}
	if numbers, ok := volumeNumbers(name); ok {
		return n.ubi + numbers, nil
	}
	if strings.HasPrefix(name, "/dev/") {
		return name, nil
	}
	if strings.HasPrefix(name, "LABEL=") || strings.HasPrefix(name, "UUID=") {
		return "", fmt.Errorf("cannot find %q: a squashfs has neither label nor UUID, and the kernel tells those of no file system: %w", name, errName)
	}
	return "", fmt.Errorf("cannot understand device %q: %w", name, errName)
}

// mtdNumber returns the number of an MTD partition that is named by number, as
// mtd2 or as either of its nodes.
func mtdNumber(name string) (int, bool) {
	for _, prefix := range []string{blockNodes.mtd, charNodes.mtd, "mtdblock", "mtd"} {
		if digits, ok := strings.CutPrefix(name, prefix); ok {
			n, err := strconv.ParseUint(digits, 10, 15)
			return int(n), err == nil
		}
	}
	return 0, false
}

// volumeLabel parts the name of a UBI volume, ubi:NAME or ubiN:NAME, into the
// number of the UBI device and the name on that.
func volumeLabel(name string) (device int, label string, ok bool) {
	rest, ok := strings.CutPrefix(name, "ubi")
	digits, label, found := strings.Cut(rest, ":")
	if !ok || !found {
		return 0, "", false
	}
	if digits == "" {
		return mount.AnyUBI, label, true
	}
	n, err := strconv.ParseUint(digits, 10, 15)
	return int(n), label, err == nil
}

// volumeNumbers returns the numbers of a UBI volume that is named by them, as
// ubi0_1 or as either of its nodes.
func volumeNumbers(name string) (string, bool) {
	for _, prefix := range []string{blockNodes.ubi, charNodes.ubi, "ubiblock", "ubi"} {
		if numbers, ok := strings.CutPrefix(name, prefix); ok {
			_, _, ok := mount.VolumeNumbers(numbers)
			return numbers, ok
		}
	}
	return "", false
}

// partition returns the node of a partition of a block device. In sysfs an
// exclamation mark stands for a slash.
func partition(sysfs, key, value string) (string, error) {
	name, err := mount.Partition(sysfs, key, value)
	return "/dev/" + strings.ReplaceAll(name, "!", "/"), err
}
