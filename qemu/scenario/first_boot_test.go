package scenario

import (
	"encoding/json"
	"strings"
	"testing"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/image"
)

// A unit whose flash was never written boots, and is what the design promises.
func TestFirstBoot(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.untouched("a first boot", func() {
			u.boot()
			r := u.state(0, false)
			if r.Layout != boot.Stacked || r.Asked != "last" || r.Root != "/dev/vda" || len(r.Entries) != 0 || len(r.Skipped) != 0 {
				u.Errorf("boot.json: %+v", r)
			}
			if want := map[qemu.Attach]string{qemu.MTD: "/dev/mtd0", qemu.Block: "/dev/vdb"}[u.attach]; r.Device != want || r.Holds != "erased" {
				u.Errorf("rootfs_data is %s and holds %s, want %s, erased", r.Device, r.Holds, want)
			}
			u.mounts()
			u.writable()
			u.want("init", "cat /proc/1/comm")
		})
	})
}

// mounts checks that everything is mounted where the design says, and nothing
// else.
func (u *unit) mounts() {
	u.Helper()
	kinds := map[string]string{}
	for line := range strings.Lines(u.run("cat /proc/self/mounts")) {
		w := strings.Fields(line)
		if _, ok := kinds[w[1]]; ok {
			u.Errorf("two mounts at %s", w[1])
		}
		kinds[w[1]] = w[2]
	}
	for at, kind := range map[string]string{
		"/": "overlay", "/rom": "squashfs", "/snapshot": "tmpfs", "/overlay": "tmpfs",
		"/proc": "proc", "/sys": "sysfs", "/dev": "devtmpfs", "/tmp": "tmpfs", // the last by the firmware itself
	} {
		if kinds[at] != kind {
			u.Errorf("%s is a %q, want %s", at, kinds[at], kind)
		}
		delete(kinds, at)
	}
	if len(kinds) > 0 {
		u.Errorf("further mounts: %v", kinds)
	}
	for _, top := range []string{"/snapshot", "/overlay"} {
		u.want("upper\nwork", "ls "+top+" | grep -v boot.json")
	}
	u.want("unit", "cat /rom/etc/hostname")
	u.refuse(1, "echo x > /rom/etc/hostname")
}

// writable checks that / takes changes, and that they land in /overlay/upper.
func (u *unit) writable() {
	u.Helper()
	u.run("echo new > /etc/new; echo other > /etc/hostname; rm /www/index.html")
	u.holds(map[string]string{
		"/overlay/upper/etc/new": "new", "/overlay/upper/etc/hostname": "other", "/rom/etc/hostname": "unit",
		"/www/index.html": "", "/snapshot/upper/etc/new": "",
	})
	u.want("character special file 0 0", "stat -c '%F %t %T' /overlay/upper/www/index.html")
}

// The real init has what the kernel meant for it: the words of the command line
// that the kernel does not know itself, and none of those with a dot.
func TestArgumentsOfInit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot("init="+image.RecordInit, "splash=1", "MYVAR=from-kernel", "plain-word", "--", "for", "init")
		u.want(image.RecordInit+"\nplain-word\nfor\ninit", "cat /run/init-arguments")
		if got, want := strings.Join(u.report().Init, " "), image.RecordInit+" plain-word for init"; got != want {
			u.Errorf("boot.json says init is %q, want %q", got, want)
		}
		u.want("HOME=/\nMYVAR=from-kernel\nTERM=linux\nsplash=1", "sort /run/init-environment")
		u.want("1", "cat /run/init-process")
	})
}

// The report of a boot is readable JSON with every field, and its phases add
// up to a plausible time.
func TestBootReport(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/one", "1")}, text("etc/two", "2"))
		u.boot()
		var fields map[string]any
		if err := json.Unmarshal([]byte(u.run("cat "+boot.ReportPath)), &fields); err != nil {
			u.Fatal(err)
		}
		for _, name := range []string{"version", "state", "asked", "layout", "root", "device", "holds", "repaired", "entries", "skipped", "phases", "init"} {
			if _, ok := fields[name]; !ok {
				u.Errorf("boot.json has no %q", name)
			}
		}
		r := u.state(1, true)
		if len(r.Entries) != 2 || r.Entries[0].Label != "number 1" || r.Entries[0].Volatile || !r.Entries[1].Volatile ||
			r.Entries[0].Number != 1 || r.Entries[0].Stored <= 0 || r.Entries[0].Unpacked < 1024 {
			u.Errorf("entries: %+v", r.Entries)
		}
		if r.State.ID != r.Entries[1].Hash {
			u.Errorf("state %s, but the last entry is %s", r.State.ID, r.Entries[1].Hash)
		}
		u.want(r.State.ID, "snapshot id")
		var total int64
		for _, p := range r.Phases {
			if p.Microseconds < 0 {
				u.Errorf("phase %+v", p)
			}
			total += p.Microseconds
		}
		if total <= 0 || total > 60e6 {
			u.Errorf("the phases take %d µs: %+v", total, r.Phases)
		}
	})
}
