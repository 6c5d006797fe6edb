package scenario

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/image"
)

// volumes writes UBI volumes to the flash of the unit, which is off.
func (u *unit) volumes(volumes ...image.Volume) {
	u.Helper()
	u.cut()
	u.must(image.UBI(u.flash, flashSize, volumes...))
}

// dataVolume is a volume for the chain of which nothing was written.
var dataVolume = image.Volume{Name: "rootfs_data", Blocks: 24}

// The squashfs may be on UBI as well: it is mounted through a block device.
func TestRootOnUBI(t *testing.T) {
	t.Parallel()
	for name, param := range map[string]string{
		"by name": "ubi0:firmware", "by node": "/dev/ubiblock0_0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, qemu.UBI)
			u.volumes(image.Volume{Name: "firmware", Static: true, Content: u.image.Root}, dataVolume)
			u.startMachine(func(m *qemu.Machine) {
				m.Root, m.RootParam = "", param
			})
			u.ready()
			if r := u.state(0, false); r.Root != "/dev/ubiblock0_0" || r.Device != "/dev/ubi0_1" || len(r.Skipped) != 0 {
				u.Errorf("boot.json: %+v", r)
			}
			u.mounts()
			u.run("echo 1 > /etc/one; snapshot push")
			for device, say := range map[string]string{
				"/dev/ubi0_0": "static UBI volume",
				"/dev/ubi0":   "a volume of one, such as /dev/ubi0_0",
				"/dev/ubi0_7": "is that its name",
			} {
				if out := u.refuse(66, "snapshot --device "+device+" info"); !strings.Contains(out, say) {
					u.Errorf("%s: %s", device, out)
				}
			}
		})
	}
}

// The chain is found wherever its volume is, and by name.
func TestDataOnUBI(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*qemu.Machine){
		"in the partition rootfs_data": func(m *qemu.Machine) { m.Attach = qemu.MTD },
		"attached by the kernel":       func(m *qemu.Machine) { m.Params = []string{"ubi.mtd=0"} },
		"by name":                      func(m *qemu.Machine) { m.Params = []string{"snapshot.device=ubi:rootfs_data"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, qemu.UBI)
			u.startMachine(change)
			u.ready()
			if r := u.state(0, false); r.Device != "/dev/ubi0_0" || len(r.Skipped) != 0 {
				u.Errorf("boot.json: %+v", r)
			}
			u.run("echo 1 > /etc/one; snapshot push")
			u.startMachine(change)
			u.ready()
			u.state(1, false)
			u.holds(map[string]string{"/etc/one": "1"})
		})
	}
}

// What cannot hold a chain is passed over with one clear sentence.
func TestUBIThatCannotBe(t *testing.T) {
	t.Parallel()
	content := image.Volume{Name: "rootfs_data", Static: true}
	for name, test := range map[string]struct {
		volume image.Volume
		attach qemu.Attach
		params []string
		says   string
	}{
		"static":       {content, qemu.UBI, nil, "static UBI volume"},
		"no volume":    {image.Volume{Name: "other", Blocks: 10}, qemu.MTD, nil, "no volume of that name"},
		"the raw chip": {dataVolume, qemu.UBI, []string{"snapshot.device=mtd:ubi"}, "a volume on that is named ubi:NAME"},
		"not there":    {dataVolume, qemu.UBI, []string{"snapshot.device=ubi:none"}, `cannot find UBI volume "none"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, qemu.UBI)
			if test.volume.Static {
				test.volume.Content = u.image.Root
			}
			u.volumes(test.volume)
			u.startMachine(func(m *qemu.Machine) { m.Attach, m.Params = test.attach, test.params })
			u.ready()
			u.state(0, false)
			u.skipped("rootfs_data", test.says)
		})
	}
}

// A power cut while a UBI volume is written to leaves the state before or after.
func TestPowerCutOnUBI(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.UBI)
	u.boot()
	for round := range 5 {
		journal, err := u.vm.Follow(`(i=$(cat /etc/count || echo 0); while :; do
			i=$((i+1)); echo start $i; echo $i > /etc/count; snapshot config > /dev/null && echo done $i
		done) > /dev/ttyS1 2>&1`)
		u.must(err)
		if _, err := journal.Expect(`(done \d+\n[^/]*){2}`, qemu.CommandTimeout); err != nil {
			u.Fatalf("%v in\n%s", err, journal.Text())
		}
		time.Sleep(time.Duration(round) * 97 * time.Millisecond)
		u.cut()
		started, done := last(journal.Text(), "start"), last(journal.Text(), "done")
		u.boot()
		n, err := strconv.Atoi(strings.TrimSpace(u.run("cat /etc/count")))
		u.must(err)
		u.Logf("the boot shows %d; %d was acknowledged, %d begun", n, done, started)
		if n < done || n > started {
			u.Error("it shows neither")
		}
	}
}

// last returns the number behind the last of a word in a journal.
func last(journal, word string) int {
	n := 0
	for line := range strings.Lines(journal) {
		fmt.Sscanf(line, word+" %d\n", &n)
	}
	return n
}

// A unit whose changes are kept in ubifs boots as before.
func TestClassicUbifs(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.UBI)
	content := t.TempDir()
	u.must(os.WriteFile(filepath.Join(content, "of-the-user"), []byte("kept"), 0o644))
	packed := filepath.Join(t.TempDir(), "ubifs")
	mkfs := exec.Command("/usr/sbin/mkfs.ubifs", "-r", content, "-m", "8", "-e", fmt.Sprint(image.VolumeBlock), "-c", "100", "-o", packed)
	if out, err := mkfs.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	u.volumes(image.Volume{Name: "rootfs_data", Content: packed, Blocks: 100})
	u.boot()
	if r := u.report(); r.Layout != boot.Classic || r.Holds != "ubifs" || r.Device != "/dev/ubi0_0" {
		u.Errorf("boot.json: %+v", r)
	}
	u.run("echo kept > /etc/kept; sync")
	u.refuse(66, "snapshot config")
	u.refuse(69, "snapshot convert")
	u.boot()
	u.holds(map[string]string{"/etc/kept": "kept", "/overlay/of-the-user": "kept"})
}
