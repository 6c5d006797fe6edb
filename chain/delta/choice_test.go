package delta_test

import (
	"strings"
	"testing"

	"chainroot/chain/delta"
	"pgregory.net/rapid"
)

// patterns parses a list.
func patterns(t tester, text string) *delta.Exclude {
	t.Helper()
	e, err := delta.ParseExclude(strings.NewReader(text))
	must(t, err)
	return e
}

func TestChoice(t *testing.T) {
	for _, test := range []struct {
		name                       string
		include, exclude, defaults string
		keep, drop, look           string // paths, by spaces; a "/" at the end: a directory
	}{
		{"nothing", "", "", "", "a a/ a/b", "", ""},
		{"excluded", "", "/a/\n*.tmp", "", "a b.tm", "a/ a/b c.tmp d/c.tmp/", ""},
		{"by default", "", "", "/tmp/", "tmp b/tmp/", "tmp/ tmp/x tmp/x/y/", ""},
		{"an exclude takes no default back", "", "!/tmp/", "/tmp/", "", "tmp/ tmp/x", ""},
		{"include takes back an exclude", "*.tmp", "*.tmp", "", "a.tmp b/a.tmp", "", ""},
		{"include takes back a default", "/tmp/", "", "/tmp/", "tmp/ tmp/x tmp/x/y", "", ""},
		{"in an excluded directory", "/a/b/c", "/a/", "", "a/b/c a/b/c/ a/b/c/d", "a/x a/x/ a/b/x a/b/x/ a/c/", "a/ a/b/"},
		{"in a default directory", "/a/b/c", "", "/a/", "a/b/c", "a/x a/x/ a/b/x", "a/ a/b/"},
		{"anywhere", "keep", "/a/", "", "a/keep a/b/keep/ a/b/keep/c", "a/x a/b/x", "a/ a/x/ a/b/"},
		{"anywhere below", "/a/**/keep", "/a/", "", "a/keep a/b/keep", "a/x", "a/ a/x/ a/b/c/"},
		{"a star on the way", "/a/*/keep", "/a/", "", "a/b/keep", "a/keep a/b/x a/b/x/ a/b/c/", "a/ a/b/"},
		{"a file that only a directory matches", "/a/keep/", "/a/", "", "a/keep/ a/keep/x", "a/keep", "a/"},
		{"a negated include reaches nothing", "!/a/keep", "/a/", "", "b", "a/ a/keep", ""},
		{"what is taken out of an include", "*.conf\n!x.conf", "/a/", "", "a/y.conf", "a/x.conf", "a/"},
		{"a file is never looked into", "/a/b", "a", "", "a/b", "a", "a/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &delta.Choice{Include: patterns(t, test.include), Exclude: patterns(t, test.exclude), Defaults: patterns(t, test.defaults)}
			check := func(paths string, want delta.Answer) {
				for p := range strings.FieldsSeq(paths) {
					path, dir := strings.CutSuffix(p, "/")
					if got := c.Choose(path, dir); got != want {
						t.Errorf("%s: %v, want %v", p, got, want)
					}
				}
			}
			check(test.keep, delta.Keep)
			check(test.drop, delta.Drop)
			check(test.look, delta.Look)
		})
	}
}

// The rule is the line that decides, with its number.
func TestChoiceRule(t *testing.T) {
	c := &delta.Choice{Exclude: patterns(t, "# a comment\n\n*.tmp \n/log/\n*.log"), Defaults: patterns(t, "/tmp/\n")}
	for _, test := range []struct {
		path string
		dir  bool
		want delta.Rule
	}{
		{"a.tmp", false, delta.Rule{Line: 3, Pattern: "*.tmp "}},
		{"log/deep/x", false, delta.Rule{Line: 4, Pattern: "/log/"}},
		{"log/x.log", false, delta.Rule{Line: 4, Pattern: "/log/"}}, // the directory comes first
		{"x.log", true, delta.Rule{Line: 5, Pattern: "*.log"}},
		{"tmp", true, delta.Rule{Default: true, Line: 1, Pattern: "/tmp/"}},
		{"tmp/a.tmp", false, delta.Rule{Line: 3, Pattern: "*.tmp "}},
		{"a", false, delta.Rule{}},
	} {
		if _, got := c.Ask(test.path, test.dir); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.path, got, test.want)
		}
	}
	if a, _ := new(delta.Choice).Ask("tmp/x", false); a != delta.Keep {
		t.Errorf("a choice of nothing: %v", a)
	}
}

// What is always dropped, and what must never be.
func TestDefaults(t *testing.T) {
	for _, test := range []struct {
		name, file string
		drop, keep string
	}{
		{"neither", "/etc/os-release", "", "tmp/x var/cache/apt/archives/x.deb"},
		{"OpenWrt", "/etc/openwrt_release", "tmp/ tmp/x var/opkg-lists/core var/cache/apk/x etc/urandom.seed",
			"etc/config/network etc/opkg.conf etc/apk/world usr/lib/opkg/status lib/apk/db/installed root/tmp/x srv/tmp/ etc/dropbear/key var/lib/apt/lists/x"},
		{"Debian", "/etc/debian_version", "tmp/x var/tmp/x var/lib/apt/lists/ var/lib/apt/lists/deb.debian.org var/cache/apt/archives/x.deb var/cache/apt/pkgcache.bin var/lib/systemd/random-seed var/lib/systemd/coredump/core.x var/lib/dpkg/status-old",
			"etc/hosts etc/shadow- var/log/journal/x var/log/syslog var/lib/dpkg/status var/lib/apt/extended_states var/lib/systemd/coredump/ var/cache/man/ var/cache/apt/ home/u/tmp/x root/.cache/x etc/machine-id var/lib/systemd/timers/x core usr/lib/python3/core var/opkg-lists/x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &delta.Choice{Defaults: patterns(t, delta.Defaults(func(path string) bool { return path == test.file }))}
			for paths, want := range map[string]delta.Answer{test.drop: delta.Drop, test.keep: delta.Keep} {
				for p := range strings.FieldsSeq(paths) {
					path, dir := strings.CutSuffix(p, "/")
					if got := c.Choose(path, dir); got != want {
						t.Errorf("%s: %v, want %v", p, got, want)
					}
				}
			}
		})
	}
}

// What is kept can be reached: no directory on the way to it is dropped. And what is
// in a directory that is dropped is dropped as well, whether it is asked or not.
func TestChoiceReaches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		token := rapid.SampledFrom([]string{"a", "b", "ab", "*", "**", "?", "/", "/", "/", "[ab]", "!"})
		line := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(token, 1, 6).Draw(t, "tokens"), "")
		})
		list := func(name string) *delta.Exclude {
			return patterns(rt, strings.Join(rapid.SliceOfN(line, 0, 3).Draw(rt, name), "\n"))
		}
		c := &delta.Choice{Include: list("include"), Exclude: list("exclude"), Defaults: list("defaults")}
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "c"}), 1, 4).Draw(rt, "path")
		path, isDir := strings.Join(names, "/"), rapid.Bool().Draw(rt, "dir")
		answer := c.Choose(path, isDir)
		for i := 1; i < len(names); i++ {
			above := strings.Join(names[:i], "/")
			if a := c.Choose(above, true); a == delta.Drop && answer != delta.Drop {
				rt.Fatalf("%s is dropped, and %s in it is not: %d", above, path, answer)
			}
		}
		if answer == delta.Look && !isDir {
			rt.Fatalf("%s is a file to look into", path)
		}
	})
}
