package main

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"chainroot/chain"
)

// TestUpgradable reads what the managers print of what can be upgraded.
func TestUpgradable(t *testing.T) {
	fromOpkg := func(out string) *packageList { return &packageList{changes: parseOpkgUpgradable(out)} }
	for _, test := range []struct {
		name string
		read func(string) *packageList
		out  string
		want packageList
	}{
		{"opkg", fromOpkg, "aaa - 1.0 - 1.1\nlibuci20130104 - 2020-10-06-52bbc99f-5 - 2020-10-06-52bbc99f-6\n", packageList{changes: []packageChange{
			{"aaa", "1.0", "1.1"}, {"libuci20130104", "2020-10-06-52bbc99f-5", "2020-10-06-52bbc99f-6"}}}},
		{"opkg, nothing", fromOpkg, "", packageList{}},
		{"opkg, no line feed", fromOpkg, "aaa - 1.0 - 1.1", packageList{changes: []packageChange{{"aaa", "1.0", "1.1"}}}},
		{"opkg, other lines", fromOpkg, "Not selecting aaa 2.0.\naaa - 1.0\n - 1 - 2\n-x - 1 - 2\naaa - 1 - 2 - 3\n$(x) - 1 - 2\na b - 1 - 2\n", packageList{}},
		{"opkg, control characters", fromOpkg, "a\x1b[31m - 1 - 2\nb - 1\x07 - 2\nc - 1 - 2\r\n", packageList{}},

		{"apk 2", parseApkUpgrade, "(1/3) Upgrading busybox (1.36.1-r2 -> 1.36.1-r5)\n(2/3) Installing libfoo (1.0-r0)\n(3/3) Purging libbar (0.9-r1)\nOK: 8 MiB in 15 packages\n",
			packageList{changes: []packageChange{{"busybox", "1.36.1-r2", "1.36.1-r5"}, {"libfoo", "", "1.0-r0"}, {"libbar", "0.9-r1", ""}}}},
		{"apk 2, nothing", parseApkUpgrade, "OK: 8 MiB in 15 packages\n", packageList{}},
		{"apk 3", parseApkUpgrade, `NOTE: Consider running apk upgrade with --prune and/or --available.
The following packages are no longer available from a repository:
  odd
The following packages will be upgraded:
  dnsmasq (2.90-r3 -> 2.91-r1)
  luci-mod-status@edge (25.1~0a1b2c-r1 -> 25.2~0a1b2d-r1)
Need to download 436 KiB of packages.
After this operation, 1.5 MiB of additional disk space will be used.
( 1/12) Upgrading dnsmasq (2.90-r3 -> 2.91-r1)
( 2/12) Upgrading luci-mod-status@edge (25.1~0a1b2c-r1 -> 25.2~0a1b2d-r1)
( 3/12) Reinstalling same (1-r0)
( 4/12) [APK unavailable, skipped] Reinstalling gone (1-r0)
( 5/12) Updating pinning pinned@edge (1-r0)
( 6/12) Downgrading back (2-r0 -> 1-r0)
( 7/12) Replacing rebuilt (2-r0 -> 2-r0)
OK: 24.5 MiB in 130 packages
`, packageList{download: 436 << 10, changes: []packageChange{{"dnsmasq", "2.90-r3", "2.91-r1"}, {"luci-mod-status", "25.1~0a1b2c-r1", "25.2~0a1b2d-r1"},
			{"back", "2-r0", "1-r0"}, {"rebuilt", "2-r0", "2-r0"}}}},
		{"apk 3, as it prints", parseApkUpgrade, `The following NEW packages will be installed:
  ccc (7-r0)
The following packages will be upgraded:
  aaa (1.0-r0 -> 1.1-r0)
Need to download 855 B of packages.
After this operation, 5 B of additional disk space will be used.
(1/2) Installing ccc (7-r0)
(2/2) Upgrading aaa (1.0-r0 -> 1.1-r0)
OK: 3 packages, 5 dirs, 2 files, 27 B
`, packageList{download: 855, changes: []packageChange{{"ccc", "", "7-r0"}, {"aaa", "1.0-r0", "1.1-r0"}}}},
		{"apk 3, nothing", parseApkUpgrade, "After this operation, 0 B of additional disk space will be used.\nOK: 3 packages, 6 dirs, 3 files, 27 B\n", packageList{}},
		{"apk, other lines", parseApkUpgrade, "WARNING: This simulation might not reliable as a preupgrade is available.\n(1/1)\n(1/1) \n() Upgrading a (1 -> 2)\n(1/1) Upgrading a 1 -> 2\n(1/1) Upgrading a (\x1b -> 2)\n(1/1) Upgrading -a (1 -> 2)\nNeed to download lots of packages.\n", packageList{}},

		{"apt", parseAptSimulation, `Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
The following packages have been kept back:
  linux-image-amd64 odd
The following NEW packages will be installed:
  libnew
The following packages will be upgraded:
  base-files libc6 libc6:i386
3 upgraded, 1 newly installed, 0 to remove and 2 not upgraded.
Inst base-files [12.4+deb12u5] (12.4+deb12u6 Debian:12.6/stable [amd64])
Conf base-files (12.4+deb12u6 Debian:12.6/stable [amd64])
Inst libc6 [2.36-9+deb12u4] (2.36-9+deb12u7 Debian:12.6/stable, Debian-Security:12/stable-security [amd64]) [libc6:i386 on libc6:amd64] [libc6:i386 ]
Inst libc6:i386 [2.36-9+deb12u4] (2.36-9+deb12u7 Debian:12.6/stable [i386])
Inst libnew (1:1.0~rc1 Debian:12.6/stable [amd64])
Conf libnew (1:1.0~rc1 Debian:12.6/stable [amd64])
`, packageList{kept: 2, changes: []packageChange{{"base-files", "12.4+deb12u5", "12.4+deb12u6"}, {"libc6", "2.36-9+deb12u4", "2.36-9+deb12u7"},
			{"libc6", "2.36-9+deb12u4", "2.36-9+deb12u7"}, {"libnew", "", "1:1.0~rc1"}}}},
		{"apt, of a directory", parseAptSimulation, "Inst chainroot-test [1.0] (2.0 localhost [all])\nRemv old [0.9]\n", packageList{changes: []packageChange{{"chainroot-test", "1.0", "2.0"}, {"old", "0.9", ""}}}},
		{"apt, nothing", parseAptSimulation, "Calculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", packageList{}},
		{"apt, other lines", parseAptSimulation, "Inst\nInst a\nInst a [1]\nInst a [1] 2\nInst a [\x1b] (2 x)\nInst a\x7f [1] (2 x)\nnot upgraded.\nx not upgraded.\n", packageList{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.read(test.out); !reflect.DeepEqual(got, &test.want) {
				t.Errorf("got  %+v\nwant %+v", *got, test.want)
			}
		})
	}
}

// TestInstalled reads what the managers print of what is installed.
func TestInstalled(t *testing.T) {
	for _, test := range []struct {
		name string
		read func(string) map[string]string
		out  string
		want string
	}{
		{"opkg", parseOpkgInstalled, "aaa - 1.1\nbbb - 2-2 - described - so\nodd\n - 1\n", "map[aaa:1.1 bbb:2-2]"},
		{"apk", parseApkInstalled, "WARNING: opening /x: No such file or directory\nbusybox-1.36.1-r5 x86_64 {busybox} (GPL-2.0-only) [installed]\npy3-foo-bar-2024.01~1-r0 noarch {x} (MIT AND BSD-3-Clause) [installed]\nnew-1.0-r0 x86_64 {new} (MIT) [upgradable from: new-0.9-r0]\nnoversion x86_64 {x} (MIT) [installed]\n",
			"map[busybox:1.36.1-r5 py3-foo-bar:2024.01~1-r0]"},
		{"dpkg", parseDpkg, "ii  base-files 12.4+deb12u6\nii  libc6:amd64 2.36-9+deb12u7\nrc  gone 1.0\npn  purged 1.0\nun  never \niF  half 2.0\nhi  held 3.0\niUR broken 4.0\n",
			"map[base-files:12.4+deb12u6 broken:4.0 half:2.0 held:3.0 libc6:2.36-9+deb12u7]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fmt.Sprint(test.read(test.out)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestDownloadSizes adds up what is to be fetched.
func TestDownloadSizes(t *testing.T) {
	changes := []packageChange{{"aaa", "1.0", "1.1"}, {"bbb", "2-1", "2-2"}}
	opkg := "aaa - 1.0 - 5\naaa - 1.1 - 649 - the aaa - a package\naaa - 1.1 - 649\nbbb - 2-2 - 685\nccc - 7 - 634\nof two lines - 1\n"
	if n := parseOpkgSizes(opkg, changes); n != 649+685 {
		t.Errorf("opkg: %d", n)
	}
	for _, out := range []string{"aaa - 1.1 - many", "aaa - 1.1 - -5", "aaa - 1.1 - 99999999999999999999", "aaa - 1.1"} {
		if n := parseOpkgSizes(out, changes); n != 0 {
			t.Errorf("opkg, %q: %d", out, n)
		}
	}
	uris := "Reading package lists...\n'http://deb.debian.org/debian/pool/main/x%27y_1_all.deb' x_1_all.deb 1000 MD5Sum:0\n'file:/r/a b.deb' b_2_all.deb 234 \n'x' y z\n'x\nx' a 5\n"
	if n := parseAptURIs(uris); n != 1234 {
		t.Errorf("apt: %d", n)
	}
	for text, want := range map[string]int64{"0 B": 0, "9999 B": 9999, "436 KiB": 436 << 10, "24.5 MiB": 49 << 19, "1.0 GiB": 1 << 30, "": 0, "5": 0, "-1 KiB": 0, "NaN B": 0, "Inf GiB": 0, "5 PiB": 0} {
		if n := apkSize(text); n != want {
			t.Errorf("apk, %q: %d, want %d", text, n, want)
		}
	}
}

// TestManagersOddOutput: whatever a manager prints, nothing of it gets into a label
// or on a terminal that is not a plain name or version.
func TestManagersOddOutput(t *testing.T) {
	seeds := []string{"aaa - 1.0 - 1.1\n", "(1/3) Upgrading busybox (1.36.1-r2 -> 1.36.1-r5)\n", "(1/1) Installing x@y (1)\n", "Inst a [1] (2 x [all])\n", "Remv a [1]\n",
		"2 not upgraded.\n", "Need to download 436 KiB of packages.\n", "busybox-1.36.1-r5 x86_64 {b} (G) [installed]\n", "ii  libc6:amd64 2.36\n", "'x' y 12 z\n"}
	bits := []string{"", " ", "\n", "\r", "\x00", "\x1b[2J", "\xff", "é", "-", " - ", "(", ")", "[", "]", "->", "/", "'", "@", ":", "9999999999999999999999", "\u202e"}
	random := rand.New(rand.NewSource(1))
	for range 20000 {
		s := ""
		for range random.Intn(4) {
			s += seeds[random.Intn(len(seeds))]
		}
		b := []byte(s)
		for range random.Intn(6) {
			at := random.Intn(len(b) + 1)
			end := min(len(b), at+random.Intn(3))
			b = append(append(append([]byte(nil), b[:at]...), bits[random.Intn(len(bits))]...), b[end:]...)
		}
		s = string(b)
		apk, apt, opkg := parseApkUpgrade(s), parseAptSimulation(s), parseOpkgUpgradable(s)
		changes := append(append(append([]packageChange(nil), opkg...), apk.changes...), apt.changes...)
		for _, m := range []map[string]string{parseOpkgInstalled(s), parseApkInstalled(s), parseDpkg(s)} {
			changes = append(changes, changed(nil, m)...)
		}
		if n := parseOpkgSizes(s, changes) | parseAptURIs(s) | apk.download | int64(apt.kept); n < 0 {
			t.Fatalf("%q: a size below 0", s)
		}
		for _, ch := range changes {
			if strings.Trim(ch.Name+ch.Old+ch.New, visible) != "" || ch.Name == "" || ch.Name[0] == '-' {
				t.Fatalf("%q gives %q", s, ch)
			}
		}
		if label := upgradeLabel(changes); checkLabel(label) != nil {
			t.Fatalf("%q gives the label %q", s, label)
		}
	}
}

// visible are all bytes that may be in a name or a version.
var visible = func() string {
	s := ""
	for b := '!'; b <= '~'; b++ {
		s += string(b)
	}
	return s
}()

func TestUpgradeLabel(t *testing.T) {
	long := strings.Repeat("x", 200)
	many := make([]packageChange, 1234)
	for i := range many {
		many[i] = packageChange{fmt.Sprint("package", i), "1.0-1", "1.0-2"}
	}
	for _, test := range []struct {
		name    string
		changes []packageChange
		want    string
	}{
		{"one", []packageChange{{"a", "1", "2"}}, "upgrade: a 1→2"},
		{"two", []packageChange{{"a", "1", "2"}, {"b", "1", "2"}}, "upgrade: a 1→2, b 1→2"},
		{"new and gone come last", []packageChange{{"a", "", "2"}, {"b", "1", ""}, {"c", "1", "2"}}, "upgrade: c 1→2, a 2 new, b removed"},
		{"many", many, "upgrade: package0 1.0-1→1.0-2, package1 1.0-1→1.0-2, 1232 more"},
		{"a long version", []packageChange{{"a", "1", long}}, "upgrade: a"},
		{"a long name", []packageChange{{long, "1", "2"}}, "upgrade: " + long[:chain.MaxLabel-len("upgrade: ")]},
		{"long ones", []packageChange{{long, "1", "2"}, {long, "2", "3"}}, "upgrade: 2 packages"},
		{"a long one behind", []packageChange{{"a", "1", "2"}, {long, "2", "3"}}, "upgrade: a 1→2, 1 more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := upgradeLabel(test.changes)
			if got != test.want || len(got) > chain.MaxLabel || !utf8.ValidString(got) {
				t.Errorf("%d bytes: %q, want %q", len(got), got, test.want)
			}
		})
	}
	// Each length of two versions: as much as fits, and never more.
	for n := range 100 {
		v := strings.Repeat("1", n+1)
		if got := upgradeLabel([]packageChange{{"aa", v, v + "0"}, {"b", "1", "2"}}); len(got) > chain.MaxLabel || checkLabel(got) != nil {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestChanged(t *testing.T) {
	before := map[string]string{"a": "1", "b": "1", "gone": "1"}
	after := map[string]string{"a": "2", "b": "1", "new": "3"}
	if got := fmt.Sprint(changed(before, after)); got != "[a 1→2 gone removed new 3 new]" {
		t.Errorf("got %s", got)
	}
	if got := changed(before, before); got != nil {
		t.Errorf("nothing: %v", got)
	}
}

// TestWhichManager: the first that is there, or the one that is asked for.
func TestWhichManager(t *testing.T) {
	for _, test := range []struct {
		name   string
		has    string
		with   string
		want   string // what is run
		code   int
		reason string
	}{
		{"opkg first", "usr/bin/apk usr/bin/apt-get bin/opkg", "", "bin/opkg", 0, ""},
		{"apk before apt", "usr/bin/apt-get sbin/apk", "", "sbin/apk", 0, ""},
		{"apt alone", "usr/bin/apt-get", "", "usr/bin/apt-get", 0, ""},
		{"asked for", "usr/bin/apt-get bin/opkg", "apt-get", "usr/bin/apt-get", 0, ""},
		{"not there", "bin/opkg", "apk", "", exitUsage, "there is no apk on this unit"},
		{"unknown", "bin/opkg", "yum", "", exitUsage, "--with takes opkg, apk or apt-get, not \"yum\""},
		{"none", "", "", "", exitFailed, "there is no opkg, apk or apt-get on this unit"},
		{"not a program", "usr/bin/apk/ bin/opkg-", "", "", exitFailed, "there is no opkg"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			for _, name := range strings.Fields(test.has) {
				dir, file := filepath.Split(name)
				mkdir(t, filepath.Join(root, dir))
				if file != "" {
					must(t, os.WriteFile(filepath.Join(root, strings.TrimSuffix(name, "-")), nil, map[bool]os.FileMode{true: 0o644, false: 0o755}[strings.HasSuffix(name, "-")]))
				}
			}
			tool, err := (&cli{root: root}).manager(test.with, nil)
			switch {
			case test.want != "" && (err != nil || tool.path != filepath.Join(root, test.want)):
				t.Errorf("%+v, %v", tool, err)
			case test.want == "" && (err == nil || exitCode(err) != test.code || !strings.Contains(err.Error(), test.reason)):
				t.Errorf("exit %d: %v", exitCode(err), err)
			}
		})
	}
}

// TestToolEnvironment: the language and PATH are ours, the rest stays.
func TestToolEnvironment(t *testing.T) {
	t.Setenv("LANG", "de_DE.UTF-8")
	t.Setenv("LC_MESSAGES", "de_DE.UTF-8")
	t.Setenv("LANGUAGE", "de")
	t.Setenv("PATH", "/somewhere")
	t.Setenv("DEBIAN_FRONTEND", "dialog")
	t.Setenv("http_proxy", "http://proxy:3128")
	env := strings.Join((&tool{m: &apt}).environment(), "\n") + "\n"
	for _, want := range []string{"LC_ALL=C\n", "PATH=" + toolPath + "\n", "DEBIAN_FRONTEND=noninteractive\n", "http_proxy=http://proxy:3128\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("%q is not in\n%s", want, env)
		}
	}
	if strings.Contains(env, "de_DE") || strings.Contains(env, "LANG") || strings.Contains(env, "dialog") || strings.Contains(env, "/somewhere") {
		t.Errorf("the environment is\n%s", env)
	}
}
