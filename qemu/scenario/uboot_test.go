package scenario

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
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

	env := u.pressed()
	u.boot()
	u.state(1, false)
	u.confirmUBoot()
	u.cut()
	u.must(os.WriteFile(u.flash+".env", env, 0o644))

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

// pressed holds the reset button down: the board has none, so another command
// that succeeds is in its place. It returns the environment as it was.
func (u *unit) pressed() []byte {
	u.Helper()
	u.cut()
	file := u.flash + ".env"
	env, err := os.ReadFile(file)
	u.must(err)
	const question, answer = "if button reset;", "if true        ; "
	if !bytes.Contains(env, []byte(question)) {
		u.Fatalf("README.md has no %q", question)
	}
	changed := bytes.Replace(env, []byte(question), []byte(answer)[:len(question)], 1)
	binary.LittleEndian.PutUint32(changed, crc32.ChecksumIEEE(changed[4:image.UBootEnvSize]))
	u.must(os.WriteFile(file, changed, 0o644))
	return env
}

// confirmUBoot sets bootcount back.
func (u *unit) confirmUBoot() {
	u.Helper()
	u.run(fmt.Sprintf("dd if=/dev/zero of=/dev/vda seek=%d count=1 conv=notrunc,fsync", image.BootCountSector))
}
