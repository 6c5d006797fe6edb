package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stub stands for each of the managers, and for dpkg-query. What it prints is in
// files named after the verb, what it does in the file "do"; it notes how it
// was called. A word in the file "fail" makes it fail.
const stub = `#!/bin/sh
ROOT=${0%/usr/bin/*}
cd "$STUB"
echo "${0##*/} $*" >> ran
for word; do
	case $word in
	update | list-* | upgrade | clean) verb=${verb:-$word} ;;
	esac
done
case " $* " in
*" -s "* | *" --simulate "*) verb=list-upgradable ;;
*" --print-uris "* | *" --size "*) verb=sizes ;;
*" -W "* | " list --installed "*) verb=list-installed ;;
esac
if [ "$verb" = "$(cat fail 2>/dev/null)" ]; then
	echo "it broke" >&2
	exit 7
fi
cat "$verb" 2>/dev/null
[ "$verb" != upgrade ] || . ./do
true
`

// managed is a unit with managers that a test makes.
type managed struct {
	*unit
	stub string // the directory of the stub
}

// newManaged returns a unit whose firmware has some managers, with package a in
// version 1, which can be upgraded to 2.
func newManaged(t *testing.T, programs ...string) *managed {
	t.Helper()
	m := &managed{unit: newUnit(t), stub: t.TempDir()}
	t.Setenv("STUB", m.stub)
	m.do("usr", "/", "usr/bin", "/", "usr/lib", "/")
	for _, name := range programs {
		must(t, os.WriteFile(filepath.Join(m.root, "usr/bin", name), []byte(stub), 0o755))
	}
	m.must("push", "--label", "managers")
	m.put("do", "echo 2 > $ROOT/usr/lib/a; mv after list-installed")
	switch programs[0] {
	case "opkg":
		m.put("list-upgradable", "a - 1 - 2\n", "list-installed", "a - 1\nb - 1\n", "after", "a - 2\nb - 1\n", "sizes", "a - 2 - 1000 - what it is\n")
	case "apk":
		m.put("list-upgradable", "Need to download 1000 B of packages.\n(1/1) Upgrading a (1-r0 -> 2-r0)\n",
			"list-installed", "a-1-r0 x {a} (MIT) [installed]\n", "after", "a-2-r0 x {a} (MIT) [installed]\n")
	case "apt-get":
		m.put("list-upgradable", "Inst a [1] (2 x [all])\n1 upgraded, 0 newly installed, 0 to remove and 3 not upgraded.\n", "list-installed", "ii  a 1\n", "after", "ii  a 2\n",
			"sizes", "'file:/r/a.deb' a_2_all.deb 1000 MD5Sum:0\n")
	}
	return m
}

// put writes files of the stub: name and content in turn.
func (m *managed) put(files ...string) {
	m.t.Helper()
	for i := 0; i < len(files); i += 2 {
		must(m.t, os.WriteFile(filepath.Join(m.stub, files[i]), []byte(files[i+1]), 0o644))
	}
}

// ran returns how the stub was called since the last time.
func (m *managed) ran() string {
	m.t.Helper()
	path := filepath.Join(m.stub, "ran")
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		m.t.Fatal(err)
	}
	os.Remove(path)
	return strings.TrimSuffix(string(b), "\n")
}

// labels are those of the snapshots.
func (m *managed) labels() string {
	m.t.Helper()
	var list []string
	for _, e := range m.info().Entries {
		list = append(list, e.Label)
	}
	return strings.Join(list, "; ")
}

// TestUpgrade upgrades with each manager: what is run in which order, what is kept,
// and that a second time there is nothing to do.
func TestUpgrade(t *testing.T) {
	const aptWords = "-q -y --with-new-pkgs --no-install-recommends -oDpkg::Options::=--force-confdef -oDpkg::Options::=--force-confold -oDPkg::Lock::Timeout=60 upgrade"
	const query = "dpkg-query -W -f ${db:Status-Abbrev} ${binary:Package} ${Version}\n\n"
	for _, test := range []struct {
		programs []string
		ran      string
		again    string
		label    string
	}{
		{[]string{"opkg"}, "opkg update\nopkg list-upgradable\nopkg --size list\nopkg list-installed\nopkg upgrade a\nopkg list-installed", "opkg update\nopkg list-upgradable", "managers; upgrade: a 1→2"},
		{[]string{"apk"}, "apk --no-progress update\napk --no-progress -v -v --simulate upgrade\napk list --installed\napk --no-progress upgrade\napk list --installed",
			"apk --no-progress update\napk --no-progress -v -v --simulate upgrade", "managers; upgrade: a 1-r0→2-r0"},
		{[]string{"apt-get", "dpkg-query"}, "apt-get -q -oAPT::Update::Error-Mode=any update\napt-get -s " + aptWords + "\napt-get --print-uris " + aptWords + "\n" + query + "apt-get " + aptWords + "\napt-get clean\n" + strings.TrimSuffix(query, "\n\n"),
			"apt-get -q -oAPT::Update::Error-Mode=any update\napt-get -s " + aptWords, "managers; upgrade: a 1→2"},
	} {
		t.Run(test.programs[0], func(t *testing.T) {
			m := newManaged(t, test.programs...)
			m.put("update", "the lists are here\n")
			out := m.must("upgrade")
			for _, say := range []string{"the lists are here", "1 package to upgrade, 1000 bytes to fetch", "takes 1 erase block of flash or more, as an estimate; 6", "Snapshot 2 (upgrade: a"} {
				if !strings.Contains(out, say) {
					t.Errorf("%q is not in\n%s", say, out)
				}
			}
			if got := strings.TrimSuffix(m.ran(), "\n"); got != test.ran {
				t.Errorf("what ran:\n%s\nwant\n%s", got, test.ran)
			}
			if got := m.labels(); got != test.label {
				t.Errorf("labels: %s", got)
			}
			m.put("list-upgradable", "")
			before := m.sum()
			if out := m.must("upgrade"); !strings.Contains(out, "There is nothing to upgrade.") || m.sum() != before {
				t.Errorf("a second time: %s", out)
			}
			if got := m.ran(); got != test.again {
				t.Errorf("what ran a second time: %s", got)
			}
			m.boot()
			if b, err := os.ReadFile(m.root + "/usr/lib/a"); string(b) != "2\n" {
				t.Errorf("after a boot: %q, %v", b, err)
			}
			m.must("rollback", "1")
			m.boot()
			if _, err := os.Stat(m.root + "/usr/lib/a"); err == nil {
				t.Error("a roll-back does not bring the old version back")
			}
		})
	}
}

// TestUpgradeOfNothing: a manager that does nothing, or nothing that is kept.
func TestUpgradeOfNothing(t *testing.T) {
	m := newManaged(t, "apt-get", "dpkg-query")
	m.put("do", "")
	before := m.sum()
	if out := m.must("upgrade"); !strings.Contains(out, "apt-get has changed no package: nothing was pushed.") || m.sum() != before {
		t.Errorf("all kept back: %s", out)
	}
	m.put("list-upgradable", "0 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\n")
	if out := m.must("upgrade"); !strings.Contains(out, "There is nothing to upgrade; apt-get keeps back 1 package.") || m.sum() != before {
		t.Errorf("one held: %s", out)
	}
}

// TestUpgradeOnTrial puts an upgrade on trial; with a volatile entry too, which
// becomes what it goes back to.
func TestUpgradeOnTrial(t *testing.T) {
	m := newManaged(t, "opkg")
	m.do("etc/kept", "1")
	m.must("config", "--label", "work")
	m.do("etc/late", "1")
	if out := m.must("upgrade", "--try=5", "--confirm-within", "10m"); !strings.Contains(out, "\n2 files changed before, ") || !strings.Contains(out, "on trial: 5 boots, and 10m0s from each") {
		t.Error(out)
	}
	if got := m.labels(); got != "managers; work; upgrade: a 1→2" {
		t.Errorf("labels: %s", got)
	}
	m.ran()
	m.refused(exitState, "is on trial: `snapshot confirm` keeps it")
	if got := m.ran(); got != "" {
		t.Errorf("what ran: %s", got)
	}
	m.must("confirm")
	m.put("list-upgradable", "b - 1 - 2\n", "after", "a - 2\nb - 2\n", "do", "mv after list-installed; echo b > $ROOT/usr/lib/b")
	m.must("upgrade", "--label", "by hand")
	if got := m.labels(); got != "managers; work; upgrade: a 1→2; by hand" {
		t.Errorf("labels: %s", got)
	}
}

// TestUpgradeDryRun only looks.
func TestUpgradeDryRun(t *testing.T) {
	m := newManaged(t, "opkg")
	m.put("update", "the lists\n")
	before := m.sum()
	out := m.must("upgrade", "--dry-run")
	if !strings.Contains(out, "  a  1 -> 2\n1 package to upgrade") || !strings.HasSuffix(out, "Dry run: nothing was installed.\n") {
		t.Error(out)
	}
	out, errs, code := m.run("upgrade", "--dry-run", "--json")
	var plan upgradePlan
	if err := json.Unmarshal([]byte(out), &plan); err != nil || code != 0 || errs != "the lists\n" {
		t.Errorf("exit %d: %v: %s%s", code, err, out, errs)
	}
	if got := fmt.Sprintf("%+v", plan); got != "{Manager:opkg Packages:[a 1→2] Kept:0 Download:1000 Need:1 Free:63 EraseSize:65536}" {
		t.Error(got)
	}
	m.put("list-upgradable", "")
	if out, _, _ := m.run("upgrade", "--dry-run", "--json"); !strings.Contains(out, `"packages": []`) && !strings.Contains(out, `"packages":[]`) {
		t.Error(out)
	}
	if got := m.ran(); strings.Contains(got, "opkg upgrade") || m.sum() != before {
		t.Errorf("what ran: %s", got)
	}
}

// TestUpgradeAsks a person at a terminal, and nobody else.
func TestUpgradeAsks(t *testing.T) {
	m := newManaged(t, "opkg")
	for _, test := range []struct {
		name, types string
		args        []string
		asks, goes  bool
	}{
		{"no", "n\n", nil, true, false},
		{"return", "\n", nil, true, false},
		{"end", "\x04", nil, true, false},
		{"dry run", "n\n", []string{"--dry-run"}, false, false},
		{"yes", "y\n", nil, true, true},
		{"not with --yes", "n\n", []string{"--yes"}, false, true},
	} {
		m.put("list-installed", "a - 1\n", "after", "a - 2\n")
		keys, terminal := newTerminal(t)
		_, err := keys.WriteString(test.types)
		must(t, err)
		var out, errs bytes.Buffer
		c := &cli{in: terminal, out: &out, errs: &errs, root: m.root, now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
		code := c.main(append([]string{"upgrade"}, test.args...))
		if asked := strings.Contains(out.String(), "Go on? [y/N] "); code != 0 || asked != test.asks {
			t.Errorf("%s: exit %d, asked: %v\n%s%s", test.name, code, asked, &out, &errs)
		}
		if went := strings.Contains(m.ran(), "opkg upgrade"); went != test.goes {
			t.Errorf("%s: went on: %v\n%s", test.name, went, &out)
		}
	}
}

// newTerminal opens a terminal, and what types on it.
func newTerminal(t *testing.T) (keys, terminal *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { keys.Close() })
	must(t, unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	must(t, err)
	terminal, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { terminal.Close() })
	return keys, terminal
}

// TestUpgradeHoldsTheLock while the manager is at work.
func TestUpgradeHoldsTheLock(t *testing.T) {
	m := newManaged(t, "opkg")
	m.put("do", "flock -n "+m.path+" true; echo $? > locked; echo 2 > $ROOT/usr/lib/a; mv after list-installed")
	m.must("upgrade")
	if b, err := os.ReadFile(m.stub + "/locked"); string(b) != "1\n" {
		t.Errorf("flock(1) of the image says %q, %v", b, err)
	}
}
