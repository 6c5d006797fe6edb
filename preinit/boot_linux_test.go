package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"chainroot/boot"
)

// see makes the firmware's init show the given files, directories and the root.
const see = `
echo "config $(cat /etc/config)"
echo "root $(stat -c '%a %u:%g %Y' /)"
echo "rootfs $(cd / && echo *)"
echo "first $(cd /snapshot && echo * / upper/*)"
echo "second $(cd /overlay && echo * / upper/*)"
echo "upper $(stat -c '%a %Y' /overlay/upper)"
`

func TestBootEmptyFlash(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.args = []string{"single", "with space"}
	r := m.boot("snapshot.debug")
	r.state(0, false, boot.Stacked)
	r.has("argv /sbin/init single with space", "pid 1", "cwd /", "umask 0022", "writable", "devkmsg ratelimit",
		"env HOME=/", "env TERM=linux", "env unknown=value",
		"config firmware", "root 751 0:0 1000000000", "upper 751 1000000000",
		"rootfs bin dev etc overlay probe proc rom sbin snapshot sys tmp",
		"first boot.json upper work / upper/*", "second upper work / upper/*")
	if r.report.Asked != "last" || r.report.Root != m.root || r.report.Device != m.flash || r.report.Holds != "erased" {
		t.Errorf("report is %+v", r.report)
	}
	if strings.Join(r.report.Init, "|") != "/sbin/init|single|with space" {
		t.Errorf("init is %q", r.report.Init)
	}
	if len(r.report.Skipped) != 0 || strings.Contains(r.kmsg, "<3>") || strings.Contains(r.kmsg, "<4>") {
		t.Errorf("something was skipped: %+v\n%s", r.report.Skipped, r.kmsg)
	}
	var names []string
	for _, p := range r.report.Phases {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "kernel early modules root find chain snapshots volatile overlay init" {
		t.Errorf("phases are %s", got)
	}
}

// TestMounts is what a person reads in /proc/mounts.
func TestMounts(t *testing.T) {
	for _, layout := range []string{"stacked", "flat"} {
		t.Run(layout, func(t *testing.T) {
			m := newMachine(t, nil)
			r := m.boot("snapshot.layout=" + layout)
			var got []string
			for _, line := range strings.Split(r.out, "\n") {
				if f := strings.Fields(line); len(f) > 4 && f[0] == "mount" && strings.Count(f[1], "/") < 2 {
					got = append(got, strings.Join(f[1:4], " "))
				}
			}
			want := "/proc proc proc, /dev devtmpfs devtmpfs, /sys sysfs sysfs, /rom squashfs " + m.root +
				", /snapshot tmpfs snapshot, /overlay tmpfs overlay, / overlay overlayfs:/overlay"
			if strings.Join(got, ", ") != want {
				t.Errorf("mounts are\n%s\nwant\n%s", strings.Join(got, ", "), want)
			}
			lower := map[string]string{"stacked": "lowerdir=/rom+snapshot,", "flat": "lowerdir=/snapshot/upper:/rom,"}[layout]
			if !strings.Contains(r.out, lower+"upperdir=/overlay/upper,workdir=/overlay/work") {
				t.Errorf("no overlay with %s:\n%s", lower, r.out)
			}
		})
	}
}

// TestInitInheritsNothing looks at init as the exec leaves it.
func TestInitInheritsNothing(t *testing.T) {
	m := newMachine(t, nil)
	m.args = []string{"/proc/self/status", "/proc/self/limits"}
	r := m.boot("init=/bin/cat")
	r.has("Pid:\t1", "Threads:\t1", "NSsid:\t0", "NSpgid:\t0",
		fmt.Sprintf("%-25s %-20d %-20d files     ", "Max open files", softFiles, hardFiles))
	for _, name := range []string{"SigPnd", "ShdPnd", "SigBlk", "SigCgt"} {
		r.has(name + ":\t0000000000000000")
	}
	// What this test was started with (nohup ignores a signal) preinit inherits,
	// and hands on.
	status, err := os.ReadFile("/proc/self/status")
	m.must(err)
	_, ignored, _ := strings.Cut(string(status), "SigIgn:\t")
	r.has("SigIgn:\t" + ignored[:16])
	m = newMachine(t, nil)
	m.args = []string{"/proc/self/fd"}
	r = m.boot("init=/bin/ls")
	if got := strings.Join(strings.Fields(r.out), " "); got != "0 1 2 3" { // 3 is the directory
		t.Errorf("descriptors of init are %s", got)
	}
}

func three(t *testing.T, firmware map[string]string) *machine {
	t.Helper()
	all := map[string]string{"probe": see, "etc/gone": "firmware"}
	for name, content := range firmware {
		all[name] = content
	}
	m := newMachine(t, all)
	m.commit("first", true, map[string]string{"etc/config": "one", "one": "1"})
	m.commit("second", true, map[string]string{"etc/config": "two", "two": "2", "etc/gone": "whiteout"})
	m.commit("third", true, map[string]string{"etc/config": "three", "one": "whiteout", "three": "3"})
	m.commit("latest", false, map[string]string{"etc/config": "volatile", "two": "whiteout", "four": "4"})
	return m
}

func TestStates(t *testing.T) {
	m := three(t, nil)
	tests := []struct {
		name       string
		parameters string
		asked      string
		snapshot   int
		volatile   bool
		layout     string
		config     string
		rootfs     string // what is not firmware
		first      string // in /snapshot/upper
		second     string // in /overlay/upper
		log        string
	}{
		{"last", "", "last", 3, true, "stacked", "volatile", "four three", "etc one three two", "etc four two", "snapshot 3 with the volatile entry (stacked)"},
		{"last flat", "snapshot.layout=flat", "last", 3, true, "flat", "volatile", "four three", "etc one three two", "etc four two", "(flat)"},
		{"rollback", "snapshot.rollback", "rollback", 3, false, "stacked", "three", "three two", "etc one three two", "*", "booting snapshot 3 "},
		{"rollback=3", "snapshot.rollback=3", "rollback=3", 3, false, "stacked", "three", "three two", "etc one three two", "*", ""},
		{"rollback=2", "snapshot.rollback=2", "rollback=2", 2, false, "stacked", "two", "one two", "etc one two", "*", ""},
		{"rollback=2 flat", "snapshot.rollback=2 snapshot.layout=flat", "rollback=2", 2, false, "flat", "two", "one two", "etc one two", "*", ""},
		{"rollback=1", "snapshot.rollback=1", "rollback=1", 1, false, "stacked", "one", "one", "etc one", "*", ""},
		{"rollback=0", "snapshot.rollback=0", "rollback=0", 0, false, "stacked", "firmware", "", "*", "*", "the bare firmware"},
		{"rollback=9", "snapshot.rollback=9", "rollback=9", 3, true, "stacked", "volatile", "four three", "etc one three two", "etc four two", "there is no snapshot 9"},
		{"rollback=x", "snapshot.rollback=x", "last", 3, true, "stacked", "volatile", "four three", "etc one three two", "etc four two", "snapshot.rollback=x is no number"},
		{"skip", "snapshot.skip", "skip", 0, false, "stacked", "firmware", "", "*", "*", "as snapshot.skip asks"},
		{"skip and rollback", "snapshot.rollback=2 snapshot.skip", "skip", 0, false, "stacked", "firmware", "", "*", "*", ""},
		{"bad layout", "snapshot.layout=round", "last", 3, true, "stacked", "volatile", "four three", "etc one three two", "etc four two", "snapshot.layout=round"},
		{"unknown", "snapshot.colour=blue", "last", 3, true, "stacked", "volatile", "four three", "etc one three two", "etc four two", "snapshot.colour"},
		{"bad size", "snapshot.size=0", "last", 3, true, "stacked", "volatile", "four three", "etc one three two", "etc four two", "snapshot.size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m.t = t
			r := m.boot(tt.parameters)
			r.state(tt.snapshot, tt.volatile, tt.layout)
			if r.report.Asked != tt.asked || (r.report.Holds == "chain") != (tt.asked != "skip") {
				t.Errorf("asked %q, holds %q", r.report.Asked, r.report.Holds)
			}
			rootfs := regexp.MustCompile(`(?m)^rootfs (.*)$`).FindStringSubmatch(r.out)
			var own []string
			for _, name := range strings.Fields(rootfs[1]) {
				if !strings.Contains(" bin dev etc overlay probe proc rom sbin snapshot sys tmp ", " "+name+" ") {
					own = append(own, name)
				}
			}
			if got := strings.Join(own, " "); got != tt.rootfs {
				t.Errorf("/ has %q, want %q", got, tt.rootfs)
			}
			upper := func(names string) string { return "upper/" + strings.ReplaceAll(names, " ", " upper/") }
			r.has("config "+tt.config, "first boot.json upper work / "+upper(tt.first), "second upper work / "+upper(tt.second),
				"root 751 0:0 1000000000")
			r.logged(tt.log)
			if len(r.report.Skipped) != 0 {
				t.Errorf("skipped are %+v", r.report.Skipped)
			}
			for i, e := range r.report.Entries {
				label := []string{"first", "second", "third", "latest"}[i]
				if e.Number != i+1 || e.Label != label || e.Volatile != (i == 3) || e.Stored == 0 || e.Unpacked == 0 || e.Microseconds == 0 || len(e.Hash) != 64 {
					t.Errorf("entry %d is %+v", i, e)
				}
			}
			id := strings.Repeat("0", 64)
			if n := len(r.report.Entries); n > 0 {
				id = r.report.Entries[n-1].Hash
			}
			if r.report.State.ID != id {
				t.Errorf("id is %s, want %s", r.report.State.ID, id)
			}
		})
	}
}

func TestRollbackOfBareFirmware(t *testing.T) {
	m := newMachine(t, nil)
	r := m.boot("snapshot.rollback")
	r.state(0, false, boot.Stacked)
	r.logged("there is no state before the bare firmware")
}

// TestRollbackCountsFromWhatBoots: with a damaged volatile entry the state that
// would be booted is the last snapshot.
func TestRollbackCountsFromWhatBoots(t *testing.T) {
	m := three(t, nil)
	m.damage(3)
	r := m.boot("snapshot.rollback")
	r.state(2, false, boot.Stacked)
	r.skipped("volatile", "damaged")
}

func TestDamagedSnapshot(t *testing.T) {
	m := three(t, nil)
	m.damage(1)
	r := m.boot()
	r.state(1, false, boot.Stacked)
	r.has("config one", "first boot.json upper work / upper/etc upper/one")
	r.skipped("snapshot 2", "damaged")
	r.skipped("snapshot 2", "and the 2 after it")
	r.logged("<3>preinit: snapshot 2: ")
	r = m.boot("snapshot.layout=flat")
	r.state(1, false, boot.Flat)
}

// TestDamagedVolatile also counts replays: the snapshots stand already.
func TestDamagedVolatile(t *testing.T) {
	m := three(t, nil)
	m.damage(3)
	r := m.boot("snapshot.debug")
	r.state(3, false, boot.Stacked)
	r.has("config three", "second upper work / upper/*")
	r.skipped("volatile", "damaged")
	if n := strings.Count(r.kmsg, "replayed snapshot 1"); n != 1 {
		t.Errorf("snapshot 1 was replayed %d times", n)
	}
}

func TestHostile(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("good", true, map[string]string{"etc/config": "good"})
	m.commitTar("evil", false, func(w io.Writer) error {
		tw := tar.NewWriter(w)
		if err := tw.WriteHeader(&tar.Header{Name: "../../boot.json", Typeflag: tar.TypeReg, Size: 4, Mode: 0o644}); err != nil {
			return err
		}
		if _, err := tw.Write([]byte("evil")); err != nil {
			return err
		}
		return tw.Close()
	})
	r := m.boot()
	r.state(1, false, boot.Stacked)
	r.skipped("volatile", "cannot replay")
	r.has("config good")
}

func TestTooSmall(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("small", true, map[string]string{"etc/config": "small", "a": strings.Repeat("a", 100<<10)})
	m.commit("large", true, map[string]string{"etc/config": "large", "b": strings.Repeat("b", 900<<10)})
	m.commit("after", false, map[string]string{"etc/config": "after"})
	m.boot("snapshot.size=2m").state(2, true, boot.Stacked)
	r := m.boot("snapshot.size=512k")
	r.state(1, false, boot.Stacked)
	r.has("config small")
	r.skipped("snapshot 2", "no space left")
	r = m.boot("snapshot.size=16k")
	r.skipped("snapshot 1", "no space left")
	r.state(0, false, boot.Stacked)
}

// TestReportHasItsRoom: a snapshot that would fill the tmpfs to the last page
// does not take the place of boot.json.
func TestReportHasItsRoom(t *testing.T) {
	m := newMachine(t, nil)
	m.commit("exactly", true, map[string]string{"a": strings.Repeat("a", 64<<10)})
	r := m.boot("snapshot.size=64k")
	r.state(0, false, boot.Stacked)
	r.skipped("snapshot 1", "no space left")
}

// TestMountPointInTheWay: what is to be mounted there would go elsewhere.
func TestMountPointInTheWay(t *testing.T) {
	for name, content := range map[string]string{"link": "-> /etc", "file": "a file", "whiteout": "whiteout"} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, map[string]string{"probe": see})
			m.commit("good", true, map[string]string{"etc/config": "good"})
			m.commit("bad", false, map[string]string{"rom": content})
			r := m.boot()
			r.state(1, false, boot.Stacked)
			r.skipped("volatile", "/rom")
			r.has("config good")
		})
	}
}

func TestMissingMountPoints(t *testing.T) {
	for _, layout := range []string{boot.Stacked, boot.Flat} {
		t.Run(layout, func(t *testing.T) {
			m := newMachine(t, map[string]string{"probe": see, "rom/": "none", "snapshot/": "none", "overlay/": "none"})
			m.commit("", false, map[string]string{"etc/config": "volatile"})
			r := m.boot("snapshot.layout=" + layout)
			r.state(0, true, layout)
			r.has("first boot.json upper work / upper/overlay upper/rom upper/snapshot", "second upper work / upper/etc",
				"root 751 0:0 1000000000")
			// Without a volatile entry, which says what / looks like.
			m.boot("snapshot.rollback", "snapshot.layout="+layout).has("root 751 0:0 1000000000")
		})
	}
}

// TestInitOfState puts something in the way of init in the last state.
func TestInitOfState(t *testing.T) {
	arm := "\x7fELF\x01\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x28\x00\x01" + strings.Repeat("\x00", 100)
	tests := map[string]string{
		"missing":        "whiteout",
		"no x bit":       "#-x",
		"empty":          "",
		"wrong machine":  arm,
		"no interpreter": "#!/bin/none\n",
		"dangling link":  "-> /none",
		"link loop":      "-> init",
		"text":           "echo hello",
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, map[string]string{"probe": see})
			m.commit("good", true, map[string]string{"etc/config": "good"})
			m.commit("bad", true, map[string]string{"sbin/init": content})
			m.commit("latest", false, map[string]string{"etc/config": "latest"})
			r := m.boot()
			r.state(1, false, boot.Stacked)
			r.has("config good")
			r.skipped("volatile", "cannot run /sbin/init")
			r.skipped("snapshot 2", "cannot run /sbin/init")
		})
	}
}

// TestInitOfFirmware: where no state has other programs than the firmware, none is
// tried before the switch, and what the kernel refuses then is passed over.
func TestInitOfFirmware(t *testing.T) {
	arm := "\x7fELF\x01\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x28\x00\x01" + strings.Repeat("\x00", 100)
	probe := strings.Replace(initScript, "argv", "own", 1)
	for _, tt := range []struct {
		name      string
		tree      map[string]string
		parameter string
		runs      string
		reason    string // among the skipped
	}{
		{"wrong machine", map[string]string{"sbin/init": arm, "etc/init": probe}, "", "/etc/init", "cannot run /sbin/init: exec format error"},
		{"no interpreter", map[string]string{"sbin/init": "#!/bin/none\n", "bin/init": probe}, "", "/bin/init", "cannot run /sbin/init: no such file"},
		{"init= of the wrong machine", map[string]string{"bin/mine": arm, "sbin/init": probe}, "init=/bin/mine", "/sbin/init", "cannot run /bin/mine: exec format error"},
		{"both", map[string]string{"bin/mine": arm, "sbin/init": arm, "bin/init": probe}, "init=/bin/mine", "/bin/init", "cannot run /bin/mine: exec format error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, tt.tree)
			m.args = []string{"single"}
			var r *result
			if tt.parameter == "" {
				r = m.boot()
			} else {
				r = m.boot(tt.parameter)
				r.logged("init=/bin/mine cannot be run in any state, trying the usual programs")
			}
			r.state(0, false, boot.Stacked)
			r.has("own " + tt.runs + " single")
			r.skipped("init", tt.reason)
			r.logged(tt.reason)
			if got := strings.Join(r.report.Init, " "); got != tt.runs+" single" {
				t.Errorf("boot.json says that init is %q", got)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		m := newMachine(t, map[string]string{"sbin/init": arm, "bin/sh": arm})
		p := m.start()
		p.said("cannot find a state of the unit that boots: cannot run /sbin/init: exec format error")
		p.said("cannot start /bin/sh")
	})
}

// TestInitOfNoState: what init= names is of the wrong machine in all states. The
// last of them boots with the usual program, and not the firmware alone.
func TestInitOfNoState(t *testing.T) {
	arm := "\x7fELF\x01\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x28\x00\x01" + strings.Repeat("\x00", 100)
	m := newMachine(t, map[string]string{"bin/mine": arm, "probe": see})
	m.commit("good", true, map[string]string{"etc/config": "good"})
	r := m.boot("init=/bin/mine")
	r.state(1, false, boot.Stacked)
	r.has("config good")
}

func TestInitParameter(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	m.commit("good", true, map[string]string{"etc/config": "good", "bin/mine": strings.Replace(initScript, "argv", "mine", 1)})
	m.commit("bad", false, map[string]string{"bin/mine": "#-x"})
	r := m.boot("init=/bin/mine")
	r.state(1, false, boot.Stacked)
	r.has("mine /bin/mine ")
	r = m.boot("init=/bin/none")
	r.state(1, true, boot.Stacked)
	r.has("argv /sbin/init ")
	r.logged("init=/bin/none cannot be run in any state")
	r.skipped("squashfs", "/bin/none")
}

// TestSquashfsAlone: a firmware on which no overlay can be entered.
func TestSquashfsAlone(t *testing.T) {
	m := newMachine(t, map[string]string{"dev/": "none", "dev": "a file"})
	m.commit("good", true, map[string]string{"etc/config": "good"})
	r := m.boot()
	r.state(0, false, boot.Bare)
	if strings.Contains(r.out, "writable") {
		t.Error("the squashfs is writable")
	}
	r.skipped("snapshot 1", "/dev")
	r.skipped("bare firmware", "/dev")
	r.logged("booting the squashfs alone")
}

func TestClassic(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see, "rom/": "none"})
	m.run("mkfs.ext4", "-q", "-F", m.image)
	for range 2 {
		p := m.start()
		p.before = nil // a file system that is written to
		r := p.wait()
		r.state(0, false, boot.Classic)
		r.has("writable", "mount /overlay ext4 "+m.flash+" rw,noatime")
	}
	r := m.boot("snapshot.rollback=0")
	r.state(0, false, boot.Stacked)
	r = m.boot("snapshot.skip")
	r.state(0, false, boot.Stacked)
}

func TestClassicBroken(t *testing.T) {
	m := newMachine(t, nil)
	m.run("mkfs.ext4", "-q", "-F", m.image)
	b, err := os.ReadFile(m.image)
	m.must(err)
	copy(b[1024+0x60:], "\xff\xff\xff\xff") // it needs features that nobody has
	m.must(os.WriteFile(m.image, b, 0o600))
	r := m.boot()
	r.state(0, false, boot.Stacked)
	r.skipped("overlay", "ext4")
	if r.report.Holds != "ext4" {
		t.Errorf("holds %q", r.report.Holds)
	}
}

func TestForeignData(t *testing.T) {
	m := newMachine(t, nil)
	m.must(os.WriteFile(m.image, []byte("OWRT"+strings.Repeat("\x00", 8<<20-4)), 0o600))
	r := m.boot()
	r.state(0, false, boot.Stacked)
	r.skipped("rootfs_data", "fstools")
}

func TestNoData(t *testing.T) {
	m := newMachine(t, nil)
	m.flash = ""
	p := m.start()
	r := p.wait()
	r.state(0, false, boot.Stacked)
	r.skipped("rootfs_data", "changes stay in RAM")
	if r.report.Device != "" || r.report.Holds != "" {
		t.Errorf("report is %+v", r.report)
	}
}

// TestNoFirmware ends in a reboot, which in a PID name space is SIGHUP.
func TestNoFirmware(t *testing.T) {
	tests := []struct{ name, parameters, log string }{
		{"no root", "panic=1", "has no root="},
		{"root is nonsense", "root=nonsense panic=-1", `cannot understand device "nonsense"`},
		{"no such device", "root=/dev/none rootwait=1 panic=-1", "did not appear within 1 s"},
		{"no such partition", "root=PARTLABEL=none rootwait=0 panic=-1", "PARTNAME=none"},
		{"no such mtd", "root=mtd:none rootwait=0 panic=-1", `MTD partition "none"`},
		{"not squashfs", "root=FLASH panic=-1", "as squashfs on /rom: invalid argument (error 22)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, nil)
			m.root = ""
			start := time.Now()
			r := m.boot(strings.ReplaceAll(tt.parameters, "FLASH", m.flash))
			if !r.status.Signaled() || r.status.Signal() != syscall.SIGHUP {
				t.Errorf("ended with %v, want a reboot", r.status)
			}
			if strings.Contains(tt.parameters, "panic=1") && time.Since(start) < time.Second {
				t.Error("did not wait for a second")
			}
			r.logged("cannot boot: ", tt.log, "rebooting in ")
		})
	}
}

func TestRootAppearsLate(t *testing.T) {
	m := newMachine(t, nil)
	link := "/dev/chainroot-test-" + filepath.Base(m.root)
	t.Cleanup(func() { os.Remove(link) })
	device := m.root
	m.root = link
	p := m.start("rootwait")
	time.Sleep(300 * time.Millisecond)
	m.must(os.Symlink(device, link))
	p.wait().state(0, false, boot.Stacked)
}

// TestEmergencyShell works in the shell of the initramfs, and in that of the
// squashfs once there is one.
func TestEmergencyShell(t *testing.T) {
	t.Run("initramfs", func(t *testing.T) {
		m := newMachine(t, nil)
		m.root = ""
		p := m.start()
		p.said("a shell on the console follows")
		p.prompt(1)
		p.say("echo in=$(busybox ls /init) tty=$(busybox tty)", "in=/init")
		p.say("exit", "")
		p.said("the shell ended")
		p.prompt(3)
		p.say("echo again$((1+1))", "again2")
		if strings.Contains(p.typed.String(), "job control") {
			t.Errorf("the shell has no terminal: %s", p.typed.String())
		}
	})
	t.Run("no init and no shell", func(t *testing.T) {
		m := newMachine(t, map[string]string{"sbin/init": "none", "bin/sh": "none"})
		p := m.start()
		p.said("cannot find a state of the unit that boots: cannot run /sbin/init")
		p.said("cannot start /bin/sh")
	})
	t.Run("none", func(t *testing.T) {
		m := newMachine(t, nil)
		m.root, m.bare = "", true
		p := m.start()
		p.said("cannot start /bin/sh")
		time.Sleep(200 * time.Millisecond)
		if p.cmd.ProcessState != nil {
			t.Error("preinit ended")
		}
	})
}

func TestShellBeforeTheSwitch(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	p := m.start("snapshot.shell")
	p.said("snapshot.shell")
	p.prompt(1)
	time.Sleep(time.Second) // in which the boot must not go on
	p.say("echo from the shell > /etc/config; echo rom=$(ls -d /rom/bin)", "rom=/rom/bin")
	p.say("exit", "")
	r := p.wait()
	r.has("config from the shell", "pid 1")
}

// TestConsole: the kernel could not open the console for preinit.
func TestConsole(t *testing.T) {
	m := newMachine(t, nil)
	m.noConsole = true
	r := m.boot()
	if !strings.Contains(r.console, "pid 1\r\n") {
		t.Errorf("init did not write to the console but %q", r.out)
	}
	r.state(0, false, boot.Stacked)
}

func TestModuleFails(t *testing.T) {
	m := newMachine(t, nil)
	m.must(os.MkdirAll(filepath.Join(m.dir, "files"), 0o755))
	m.must(os.WriteFile(filepath.Join(m.dir, "files", "modules:007-no-such.ko"), []byte("no module"), 0o644))
	r := m.boot("no_such.colour=blue no-such.size=1,2")
	r.state(0, false, boot.Stacked)
	r.logged(`cannot load module no-such with "colour=blue size=1,2"`)
}
