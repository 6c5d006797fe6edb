package mount

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"chainroot/rawfile"
)

// MTD returns the number of the MTD device with the given name: that which it
// has in the mtdparts or the device tree of the unit. Of several the one with
// the lowest number counts. sysfs is where sysfs is mounted. The error wraps
// fs.ErrNotExist if there is none.
func MTD(sysfs, name string) (int, error) {
	class := sysfs + "/class/mtd"
	entries, err := list(class)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("cannot look for MTD partition %q: %w", name, err)
	}
	found := -1
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e, "mtd")
		if !ok || strings.HasSuffix(digits, "ro") { // mtd0ro is another node of mtd0
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || found >= 0 && found < n {
			continue
		}
		got, err := rawfile.ReadFile(class + "/" + e + "/name")
		if err == nil && strings.TrimSuffix(got, "\n") == name {
			found = n
		}
	}
	if found < 0 {
		return 0, fmt.Errorf("cannot find MTD partition %q: %w", name, fs.ErrNotExist)
	}
	return found, nil
}

// Partition returns the name of the block device, such as vda2, whose uevent
// in sysfs has the given key (PARTNAME, PARTUUID) with the given value. Of
// several the first by name counts; upper and lower case are the same in a
// PARTUUID. The error wraps fs.ErrNotExist if there is none.
func Partition(sysfs, key, value string) (string, error) {
	class := sysfs + "/class/block"
	entries, err := Names(class)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("cannot look for a partition with %s=%s: %w", key, value, err)
	}
	for _, e := range entries {
		text, err := rawfile.ReadFile(class + "/" + e + "/uevent")
		if err != nil {
			continue // it went away meanwhile
		}
		for _, line := range strings.Split(text, "\n") {
			got, ok := strings.CutPrefix(line, key+"=")
			if ok && (got == value || key == "PARTUUID" && strings.EqualFold(got, value)) {
				return e, nil
			}
		}
	}
	return "", fmt.Errorf("cannot find a partition with %s=%s: %w", key, value, fs.ErrNotExist)
}
