package scenario

import (
	"bytes"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// GRUB, configured as README.md says: its menu, and its count of boots that
// nothing has confirmed.
func TestGRUB(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.Whole)
	u.boot()
	r := u.state(0, false)
	if r.Root != "/dev/vda2" || r.Device != "/dev/vda3" || r.Asked != "last" {
		u.Errorf("boot.json: %+v", r)
	}
	u.run("echo 1 > /etc/good; snapshot config; snapshot push; echo 2 > /etc/bad; snapshot config")
	u.confirmGRUB()

	before := u.bytes()[qemu.WholeData:]
	u.choose("b")
	u.state(1, false)
	u.choose("f")
	u.state(0, false)
	u.boot() // the third
	if r := u.state(1, false); r.Asked != "rollback" {
		u.Errorf("asked for %q", r.Asked)
	}
	if !bytes.Equal(u.bytes()[qemu.WholeData:], before) {
		u.Error("a boot has written to rootfs_data")
	}
	u.holds(map[string]string{"/etc/good": "1", "/etc/bad": ""})
	u.run("snapshot rollback")
	u.confirmGRUB()

	u.boot()
	if r := u.state(1, false); r.Asked != "last" {
		u.Errorf("asked for %q", r.Asked)
	}
	u.holds(map[string]string{"/etc/good": "1", "/etc/bad": ""})
}

// choose boots by a key in GRUB's menu.
func (u *unit) choose(key string) {
	u.Helper()
	u.start()
	u.expect("the bare firmware")
	u.must(u.vm.Console.Type(key))
	u.ready()
}

// confirmGRUB confirms the boot, without a program of GRUB's.
func (u *unit) confirmGRUB() {
	u.Helper()
	command, err := image.Documented("(echo '# GRUB")
	u.must(err)
	u.run("mkdir -p /tmp/boot && mount /dev/vda1 /tmp/boot && ln -sfn /tmp/boot /boot")
	u.run(command)
	u.run("umount /tmp/boot && rm /boot")
}
