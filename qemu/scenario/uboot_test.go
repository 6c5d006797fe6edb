package scenario

import (
	"bytes"
	"fmt"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// U-Boot, with the environment of README.md: bootcmd, and altbootcmd where
// bootcount has passed bootlimit. That U-Boot counts is left to a script, in
// image.configureUBoot: Debian's is built without it.
func TestUBoot(t *testing.T) {
	t.Parallel()
	u := newUnitOn(t, "arm64", qemu.Whole)
	u.boot()
	r := u.state(0, false)
	if r.Root != "/dev/vda2" || r.Device != "/dev/vda3" || r.Asked != "last" {
		u.Errorf("boot.json: %+v", r)
	}
	u.run("echo 1 > /etc/good; snapshot config; snapshot push; echo 2 > /etc/bad; snapshot config")
	u.confirmUBoot()

	before := u.bytes()[qemu.WholeData:]
	for range 2 {
		u.boot()
		u.state(1, true)
	}
	u.boot()
	if r := u.state(1, false); r.Asked != "rollback" {
		u.Errorf("asked for %q", r.Asked)
	}
	u.holds(map[string]string{"/etc/good": "1", "/etc/bad": ""})
	if !bytes.Equal(u.bytes()[qemu.WholeData:], before) {
		u.Error("a boot has written to rootfs_data")
	}
	u.run("snapshot rollback")
	u.confirmUBoot()

	u.boot()
	if r := u.state(1, false); r.Asked != "last" {
		u.Errorf("asked for %q", r.Asked)
	}
}

// confirmUBoot sets bootcount back.
func (u *unit) confirmUBoot() {
	u.Helper()
	u.run(fmt.Sprintf("dd if=/dev/zero of=/dev/vda seek=%d count=1 conv=notrunc,fsync", image.BootCountSector))
}
