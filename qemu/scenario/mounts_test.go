package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/image"
)

// What a person sees who looks at the mounts of a unit with busybox as its init,
// and remounts and unmounts as on any other, in each layout.
func TestMounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		layout string
		attach qemu.Attach
		lower  string // what the root says it is made of
		params []string
	}{
		{boot.Stacked, qemu.MTD, "/rom+snapshot", []string{"snapshot.size=8M"}},
		{boot.Flat, qemu.Block, "/snapshot/upper:/rom", []string{"snapshot.size=8M", "snapshot.layout=flat"}},
		{boot.Classic, qemu.MTD, "/rom", nil},
	} {
		t.Run(test.layout, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, test.attach)
			source := "overlay"
			if test.layout == boot.Classic {
				source = "/dev/mtdblock0"
				files := u.TempDir()
				u.must(os.WriteFile(filepath.Join(files, "of-the-user"), nil, 0o644)) // an empty one is no jffs2
				u.must(image.JFFS2(u.flash, files, flashSize, false))
			}
			u.boot(test.params...)
			if r := u.report(); r.Layout != test.layout {
				u.Fatalf("layout %s", r.Layout)
			}
			u.want("overlayfs:/overlay / overlay rw,relatime,lowerdir="+test.lower+",upperdir=/overlay/upper,workdir=/overlay/work 0 0",
				"grep ' / ' /proc/mounts")
			u.pointsOnce()
			u.sizes(source)
			if test.layout != boot.Classic {
				u.fills(8 << 10)
			}
			u.remounts()

			u.run("echo kept > /etc/kept")
			u.unmountAtEnd()
			if said := u.ends("reboot", "Restarting system"); !strings.Contains(said, "umount: devtmpfs busy") {
				u.Errorf("nothing was unmounted at the end:\n%s", said)
			}
			u.boot(test.params...)
			u.holds(map[string]string{"/etc/kept": map[string]string{boot.Classic: "kept"}[test.layout]})
			u.unmountAtEnd()
			u.ends("poweroff", "Power down")
		})
	}
}

// unmountAtEnd sees to a line that the firmware of the tests lacks and others
// have, after busybox's own example.
func (u *unit) unmountAtEnd() {
	u.Helper()
	const line = "::shutdown:/bin/umount -a -r"
	u.run(fmt.Sprintf("grep -q '%[1]s' /etc/inittab || echo '%[1]s' >> /etc/inittab; kill -HUP 1", line))
}

// pointsOnce checks that nothing is mounted over another mount.
func (u *unit) pointsOnce() {
	u.Helper()
	u.want("", "cut -d ' ' -f 2 /proc/mounts | sort | uniq -d")
}

// space is what df says of a file system, in KiB.
type space struct {
	source           string
	size, used, free int
	percent          string
}

func (u *unit) space(dir string) space {
	u.Helper()
	var s space
	var at string
	lines := strings.Split(strings.TrimSpace(u.run("df -P -k "+dir)), "\n")
	if _, err := fmt.Sscan(lines[len(lines)-1], &s.source, &s.size, &s.used, &s.free, &s.percent, &at); err != nil || at != dir {
		u.Fatalf("df says %q of %s (%v)", lines, dir, err)
	}
	return s
}

// sizes checks that df tells the truth: what limits writes to the root is the
// file system of overlayDir, whose source it names.
func (u *unit) sizes(source string) {
	u.Helper()
	// jffs2 goes on to look at its nodes when it is mounted, and finds out what it has.
	u.until("df says the same of / and of /overlay", func() bool {
		root, overlay := u.space("/"), u.space("/overlay")
		if root.source != "overlayfs:/overlay" || overlay.source != source {
			u.Fatalf("df says %+v of /, %+v of /overlay", root, overlay)
		}
		return root.size == overlay.size && root.free == overlay.free
	})
	if rom := u.space("/rom"); rom.used != rom.size || rom.free != 0 || rom.percent != "100%" || rom.source != "/dev/vda" {
		u.Errorf("df says %+v of /rom", rom)
	}
}

// fills checks that the root takes as much as df says it has, of size KiB in all.
func (u *unit) fills(size int) {
	u.Helper()
	before := u.space("/")
	if before.size != size {
		u.Errorf("df says %+v of /, want %d KiB in all", before, size)
	}
	u.run(fmt.Sprintf("head -c %dk /dev/zero > /root/most", before.free-64))
	u.refuse(1, "head -c 128k /dev/zero > /root/more")
	if full := u.space("/"); full.free != 0 || full.percent != "100%" {
		u.Errorf("df says %+v of a full /", full)
	}
	u.run("rm /root/most /root/more")
	if after := u.space("/"); after.free < before.free-64 {
		u.Errorf("df says %+v of /, and before it was full %+v", after, before)
	}
}

// remounts makes the root read-only and writable again.
func (u *unit) remounts() {
	u.Helper()
	u.run("echo before > /etc/remounted; mount -o remount,ro /")
	u.want("ro", "grep ' / ' /proc/mounts | sed 's/.* overlay \\(..\\),.*/\\1/'")
	if said := u.refuse(1, "touch /etc/remounted"); !strings.Contains(said, "Read-only file system") {
		u.Errorf("writing to a read-only root: %s", said)
	}
	u.run("mount -o remount,rw / && echo after > /etc/remounted")
	u.holds(map[string]string{"/etc/remounted": "after", "/overlay/upper/etc/remounted": "after"})
}

// Lines that a clean end of a machine has not, and what busybox says of /dev
// wherever its console is.
var (
	complaint = regexp.MustCompile(`(?i)fail|error|cannot|can't|unable|timed out|busy|still|warn|forc`)
	harmless  = regexp.MustCompile(`^umount: devtmpfs busy - remounted read-only$`)
)

// ends runs a command that ends the machine, and checks that it does so by itself
// and cleanly, and how. It returns what the console said meanwhile.
func (u *unit) ends(command, how string) string {
	u.Helper()
	from := len(u.vm.Console.Text())
	u.vm.Run(command) // which may not live to be answered
	if err := u.vm.Wait(qemu.BootTimeout); err != nil {
		u.Fatalf("%s: %v; the console ends with\n%s", command, err, u.tail())
	}
	said := u.vm.Console.Text()[from:]
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); complaint.MatchString(line) && !harmless.MatchString(line) {
			u.Errorf("%s: %s", command, line)
		}
	}
	if !strings.Contains(said, "reboot: "+how) {
		u.Errorf("%s: the console ends with\n%s", command, u.tail())
	}
	return said
}
