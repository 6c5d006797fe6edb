package scenario

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"chainroot/boot"
	"chainroot/qemu"
)

// A unit that still has a writable file system on rootfs_data boots as before.
func TestClassicOverlay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		attach qemu.Attach
		make   func(flash, content string) *exec.Cmd
	}{
		{"jffs2", qemu.MTD, func(flash, content string) *exec.Cmd {
			return exec.Command("/usr/sbin/mkfs.jffs2", "-r", content, "-e", "64KiB", fmt.Sprintf("-p%d", flashSize), "-o", flash)
		}},
		{"ext4", qemu.Block, func(flash, content string) *exec.Cmd {
			return exec.Command("/usr/sbin/mkfs.ext4", "-q", "-F", "-d", content, flash)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, test.attach)
			content := t.TempDir()
			u.must(os.WriteFile(filepath.Join(content, "of-the-user"), []byte("kept"), 0o644))
			if out, err := test.make(u.flash, content).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			u.boot()
			if r := u.report(); r.Layout != boot.Classic || r.Holds != test.name {
				u.Errorf("layout %s on %s", r.Layout, r.Holds)
			}
			u.run("echo kept > /etc/kept; sync")
			u.refuse(66, "snapshot config")
			u.boot()
			u.holds(map[string]string{"/etc/kept": "kept", "/overlay/upper/etc/kept": "kept", "/overlay/of-the-user": "kept"})
			u.untouched("a boot of the firmware alone", func() {
				u.boot("snapshot.skip")
				u.state(0, false)
				u.holds(map[string]string{"/etc/kept": ""})
			})
		})
	}
}
