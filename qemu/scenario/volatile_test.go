package scenario

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// A raw NAND chip with bad blocks, and an MTD partition in RAM, are gone with the
// machine. All that writes to them is done in one boot; what the next boot would
// show is seen on a disk with their content.
func TestVolatileFlash(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		attach qemu.Attach
		params []string
		bad    []int // erase blocks that are, in the end
	}{
		{"ram", qemu.RAM, nil, nil},
		{"nand", qemu.NAND, nil, qemu.Bad},
		{"nand whose bits flip", qemu.NAND, []string{"nandsim.bitflips=1"}, qemu.Bad},
		{"nand that wears out", qemu.NAND, []string{"nandsim.weakblocks=1:2"}, append([]int{1}, qemu.Bad...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, test.attach)
			u.boot(test.params...)
			if r := u.state(0, false); r.Device != "/dev/mtd0" || r.Holds != "erased" {
				u.Errorf("rootfs_data is %s and holds %s", r.Device, r.Holds)
			}
			u.run("echo 0 > /etc/one; snapshot config; echo 1 > /etc/one; snapshot config; snapshot push; echo 2 > /etc/two; snapshot push; echo 3 > /etc/three; snapshot config")
			u.run("echo 4 > /etc/three; snapshot config; snapshot rollback; snapshot verify")
			u.run("snapshot rollback --undo; snapshot compact; snapshot verify")
			id := strings.TrimSpace(u.run("snapshot id"))
			if out := u.run("snapshot info"); test.bad != nil && !strings.Contains(out, fmt.Sprintf("bad          %d blocks", len(test.bad))) {
				u.Errorf("info says\n%s", out)
			}
			u.toDisk("/dev/mtd0", test.bad)
			u.boot()
			u.state(1, true)
			u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2", "/etc/three": "4"})
			u.want(id, "snapshot id")
		})
	}
}

// UBI on a NAND chip takes care of the blocks that are bad or wear out. Its own are
// a page smaller, for its headers.
func TestUBIOnNAND(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.NAND)
	u.boot("nandsim.weakblocks=8:3,12:3")
	u.run(image.Probe + " ubi 0 rootfs_data")
	const on = "snapshot --device /dev/ubi0_0 "
	const commit = on + "config --upper /overlay/upper; "
	if out := u.run(on + "info"); !strings.Contains(out, "write units of 2048") || !strings.Contains(out, "erase blocks of 129024") {
		u.Errorf("info says\n%s", out)
	}
	u.run("for i in 0 1 2 3 4 5 6 7 8 9; do echo $i > /etc/one; " + commit + "done; " + on + "push")
	u.run("echo 2 > /etc/two; " + commit + on + "push; " + on + "compact; " + on + "rollback; " + on + "verify")
	u.run(on + "rollback --undo; " + on + "verify")
	id := strings.TrimSpace(u.run(on + "id"))
	u.toDisk("/dev/ubi0_0", nil)
	u.boot()
	u.state(1, false)
	u.holds(map[string]string{"/etc/one": "9", "/etc/two": "2"})
	u.want(id, "snapshot id")
}

// toDisk copies what a device of the unit holds to its flash, which is a disk from
// now on, and leaves the bad blocks of a NAND chip out, as the chain does: the
// chain itself says for which geometry it was written.
func (u *unit) toDisk(device string, bad []int) {
	u.Helper()
	packed, err := gzip.NewReader(strings.NewReader(u.run("gzip -c " + device)))
	u.must(err)
	all, err := io.ReadAll(packed)
	u.must(err)
	var good [][]byte
	n := 0
	for block := range slices.Chunk(all, qemu.NANDEraseSize) {
		if !slices.Contains(bad, n) {
			good = append(good, block)
		}
		n++
	}
	u.attach = qemu.Block
	u.must(os.WriteFile(u.flash, bytes.Join(good, nil), 0o644))
}
