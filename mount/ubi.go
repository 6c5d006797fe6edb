package mount

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"chainroot/rawfile"
)

// AnyUBI stands for all UBI devices.
const AnyUBI = -1

// Volume returns the numbers of the UBI volume with the given name on a UBI
// device, or on AnyUBI, as they stand in the names of its nodes: 0_1 for
// /dev/ubi0_1. Of several the one with the lowest numbers counts. The error wraps
// fs.ErrNotExist if there is none.
func Volume(sysfs string, device int, name string) (string, error) {
	class := sysfs + "/class/ubi"
	entries, err := list(class)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("cannot look for UBI volume %q: %w", name, err)
	}
	found, first := "", 0
	for _, e := range entries {
		numbers, _ := strings.CutPrefix(e, "ubi")
		d, v, ok := VolumeNumbers(numbers)
		order := d<<15 | v // Linux has 32 devices of 128 volumes
		if !ok || device != AnyUBI && d != device || found != "" && order > first {
			continue
		}
		got, err := rawfile.ReadFile(class + "/" + e + "/name")
		if err == nil && strings.TrimSuffix(got, "\n") == name {
			found, first = numbers, order
		}
	}
	if found == "" {
		return "", fmt.Errorf("cannot find UBI volume %q: %w", name, fs.ErrNotExist)
	}
	return found, nil
}

// VolumeNumbers reads the numbers of a UBI device and of a volume on it, such as
// 0_1.
func VolumeNumbers(text string) (device, volume int, ok bool) {
	first, second, _ := strings.Cut(text, "_")
	d, err := strconv.ParseUint(first, 10, 15)
	if err != nil {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(second, 10, 15)
	return int(d), int(v), err == nil
}
