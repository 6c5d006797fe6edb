package scenario

import (
	"strings"
	"testing"

	"chainroot/qemu"
)

// A device that cannot be used is refused with one sentence, which names it and
// says what to do.
func TestDevicesThatCannotBe(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.MTD)
	u.boot()
	for _, test := range []struct {
		status  int
		command string
		says    string
	}{
		{66, "--device /dev/mtd7 info", "no such file or directory: is that its name, and does the kernel have its driver?"},
		{66, "--device /dev/mtd0ro push --upper /etc", "the partition is read-only"},
		{66, "--device /dev/vda push --upper /etc", "the block device is read-only"},
		{66, "--device /dev/null info", "neither an MTD partition, a UBI volume, a block device nor a file"},
		{66, "--device /dev/mtd0+65536 info", "an offset can be given for block devices and files"},
		{66, "--device /dev/vdb+99999999 info", "it begins behind the end, at 99999999 of 8388608 bytes"},
		{64, "--device /dev/vdb+8388000 info", "608 bytes are less than one erase block"},
		{64, "--device /dev/mtd0 --erase-size 4096 info", "the device has erase blocks of 65536 bytes"},
	} {
		out := u.refuse(test.status, "snapshot "+test.command)
		if device := strings.Fields(test.command)[1]; !strings.Contains(out, test.says) || !strings.Contains(out, device) || strings.Count(out, "\n") != 1 {
			u.Errorf("snapshot %s says %q, want %q and the name", test.command, out, test.says)
		}
	}
}
