package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// refused runs an upgrade that has to end with a code and one sentence, and leaves
// the flash as it is.
func (m *managed) refused(code int, say string, args ...string) {
	m.t.Helper()
	before := m.sum()
	out, errs, got := m.run(append([]string{"upgrade"}, args...)...)
	last := errs[strings.LastIndexByte(strings.TrimSuffix(errs, "\n"), '\n')+1:]
	if got != code || !strings.HasPrefix(last, "snapshot: ") || !strings.Contains(last, say) {
		m.t.Errorf("upgrade %q: exit %d, want %d and %q\n%s%s", args, got, code, say, out, errs)
	}
	if m.sum() != before {
		m.t.Errorf("upgrade %q wrote to the flash", args)
	}
}

// TestUpgradeFails: each step that can fail has its exit code, and nothing is pushed.
func TestUpgradeFails(t *testing.T) {
	for _, test := range []struct {
		fail string
		code int
		say  string
		ran  string // how often
	}{
		{"update", exitFailed, "cannot fetch the lists of packages: opkg update: exit code 7; nothing was installed", "1"},
		{"list-upgradable", exitListing, "cannot find out what is upgradable: opkg list-upgradable: exit code 7; nothing was installed", "2"},
		{"list-installed", exitListing, "cannot find out what is installed: opkg list-installed: exit code 7; nothing was installed", "4"},
		{"upgrade", exitInstall, "opkg upgrade: exit code 7; nothing was pushed, and a reboot returns to the state before", "5"},
	} {
		t.Run(test.fail, func(t *testing.T) {
			m := newManaged(t, "opkg")
			m.put("fail", test.fail)
			m.refused(test.code, test.say)
			if n := fmt.Sprint(strings.Count(m.ran(), "\n") + 1); n != test.ran {
				t.Errorf("%s programs ran", n)
			}
			if m.labels() != "managers" {
				t.Errorf("labels: %s", m.labels())
			}
			m.put("fail", "")
			m.must("upgrade") // the next one goes on
		})
	}
	t.Run("sizes", func(t *testing.T) {
		m := newManaged(t, "opkg")
		m.put("fail", "sizes") // of an opkg that knows none
		if out := m.must("upgrade"); !strings.Contains(out, "is not known before, for opkg names no sizes") || m.labels() != "managers; upgrade: a 1→2" {
			t.Errorf("%s: %s", m.labels(), out)
		}
	})
	t.Run("after the installation", func(t *testing.T) {
		m := newManaged(t, "opkg")
		m.put("do", "echo list-installed > fail")
		m.refused(exitInstall, "opkg list-installed: exit code 7; nothing was pushed")
	})
	t.Run("killed", func(t *testing.T) {
		m := newManaged(t, "opkg")
		m.put("do", "kill -9 $$")
		m.refused(exitInstall, "opkg upgrade: killed by signal 9 (killed); nothing was pushed")
	})
	t.Run("broken off", func(t *testing.T) {
		m := newManaged(t, "opkg")
		m.put("do", "echo half > $ROOT/usr/lib/a; kill -INT $PPID; sleep 0.2")
		m.refused(exitInstall, "opkg: broken off by a signal (interrupt); nothing was pushed")
	})
	t.Run("no interpreter", func(t *testing.T) {
		m := newManaged(t, "opkg")
		must(t, os.WriteFile(m.root+"/usr/bin/opkg", []byte("#!/no/such\n"), 0o755))
		m.refused(exitFailed, "opkg update: cannot be started: no such file or directory")
	})
	t.Run("clean", func(t *testing.T) {
		m := newManaged(t, "apt-get", "dpkg-query")
		m.put("fail", "clean")
		if _, errs, code := m.run("upgrade"); code != 0 || !strings.Contains(errs, "what was fetched is not deleted: apt-get clean: exit code 7") {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
}

// TestUpgradeRefuses: what cannot be kept is not installed, nor is a list fetched.
func TestUpgradeRefuses(t *testing.T) {
	m := newManaged(t, "opkg")
	m.do("usr/lib/x", "x")
	m.must("push")
	m.refused(exitUsage, "upgrade works on the running unit, not on /some/image: leave --device away", "--device", "/some/image")
	m.refused(exitUsage, "--json is for --dry-run", "--json")
	m.refused(exitUsage, "the label has 81 bytes, it can have 80", "--label", strings.Repeat("x", 81))
	m.refused(exitUsage, "does not print", "--label", "a\nb")
	m.refused(exitUsage, "a trial has 1 to 100 boots", "--try=0")
	m.refused(exitUsage, "there is no apk on this unit", "--with", "apk")
	m.refused(exitUsage, "--with takes opkg, apk or apt-get, not \"pip\"", "--with", "pip")
	m.refused(exitUsage, "upgrade takes no argument, not \"a\"", "a")
	m.boot(1)
	m.refused(exitState, "this system runs on snapshot 1 (snapshot.rollback=1 on the kernel command line), the chain goes on to snapshot 2")
	m.boot()
	m.do("usr/lib/y", "y")
	m.must("config")
	m.boot(2)
	m.refused(exitState, "this system does not run on the volatile entry of the chain", "--try")
	m.boot()
	m.must("rollback", "1")
	m.refused(exitState, "the chain no longer holds snapshot 2, which this system runs on: reboot first")
	m.must("rollback", "--undo")
	m.do("usr/lib/y", "y")
	m.must("push", "--try")
	m.refused(exitState, "snapshot 4 is on trial", "--try")
	m.refused(exitState, "snapshot 4 is on trial")
	if got := m.ran(); got != "" {
		t.Errorf("what ran: %s", got)
	}
	_, errs, code := run(t, t.TempDir(), "upgrade")
	if code != exitDevice || !strings.Contains(errs, "this system was not booted by preinit") {
		t.Errorf("no unit: exit %d: %s", code, errs)
	}
}

// TestUpgradeNeedsRoom: what is known not to fit is not installed; what turns out not
// to is not kept.
func TestUpgradeNeedsRoom(t *testing.T) {
	m := newManaged(t, "opkg")
	m.put("sizes", fmt.Sprintf("a - 2 - %d\n", 5<<20))
	m.refused(exitNoRoom, "no room on the flash: needs 5308416 bytes in 81 erase blocks, free are 4128768 bytes in 63; nothing was installed. `snapshot compact` may free some")
	m.refused(exitNoRoom, "nothing was installed", "--dry-run")
	m.refused(exitNoRoom, "nothing was installed", "--try")
	m.put("sizes", "a - 2 - 999999999999\n")
	m.refused(exitNoRoom, "nothing was installed")
	if got := m.ran(); strings.Contains(got, "opkg upgrade") {
		t.Errorf("what ran: %s", got)
	}
	m.put("sizes", "", "big", randomText(5<<20), "do", "cat big > $ROOT/usr/lib/a; mv after list-installed")
	m.refused(exitNoRoom, "the packages are upgraded, but cannot be kept: no room on the flash")
	if got := m.ran(); !strings.Contains(got, "opkg upgrade") {
		t.Errorf("what ran: %s", got)
	}
	m.boot()
	if _, err := os.Stat(m.root + "/usr/lib/a"); err == nil {
		t.Error("a reboot does not return to the state before")
	}
	// A volatile entry is written twice, and what is in it counts.
	m.do("usr/lib/config", randomText(1<<20))
	m.must("config")
	m.put("list-installed", "a - 1\n", "sizes", fmt.Sprintf("a - 2 - %d\n", 1<<20))
	m.refused(exitNoRoom, "nothing was installed")
}
