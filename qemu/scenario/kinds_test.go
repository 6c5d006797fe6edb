package scenario

import (
	"strings"
	"testing"

	"chainroot/qemu"
)

// Every kind of flash on which rootfs_data can be goes through all that writes to
// it, and what a boot shows afterwards is what was committed.
func TestKindsOfFlash(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		arch   string
		attach qemu.Attach
		device string
	}{
		{"amd64", qemu.UBI, "/dev/ubi0_0"},
		{"amd64", qemu.GPT, "/dev/vdb1"},
		{"amd64", qemu.Disk, "/dev/vda+"},
		{"arm64", qemu.GPT, "/dev/vdb1"},
		{"mips", qemu.UBI, "/dev/ubi0_0"},
	} {
		t.Run(test.arch+"-"+test.attach.String(), func(t *testing.T) {
			t.Parallel()
			u := newUnitOn(t, test.arch, test.attach)
			u.boot()
			if r := u.state(0, false); !strings.HasPrefix(r.Device, test.device) || r.Holds != "erased" {
				u.Errorf("rootfs_data is %s and holds %s", r.Device, r.Holds)
			}
			u.run("echo 1 > /etc/one; snapshot config")
			u.boot()
			u.state(0, true)
			u.run("snapshot push; echo 2 > /etc/two; snapshot push; echo 3 > /etc/three; snapshot config")
			u.boot()
			u.state(2, true)
			u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2", "/etc/three": "3"})
			u.run("snapshot rollback")
			u.boot()
			u.state(2, false)
			u.holds(map[string]string{"/etc/three": ""})
			u.run("snapshot compact; snapshot verify")
			u.boot()
			r := u.state(1, false)
			u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2", "/etc/three": ""})
			u.want(r.State.ID, "snapshot id")
		})
	}
}
