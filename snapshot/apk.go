package main

import (
	"strconv"
	"strings"
)

// apk of Alpine and OpenWrt, apk-tools 2.14 and 3.0. It exits with the number of
// errors, and with 250 for others.
var apk = packageManager{
	name:    "apk",
	refresh: []string{"--no-progress", "update"},
	// Version 3 says with two -v what has to be fetched, version 2 does not.
	list: func(t *tool) (*packageList, error) {
		out, err := t.output("apk", "--no-progress", "-v", "-v", "--simulate", "upgrade")
		return parseApkUpgrade(out), err
	},
	installed: func(t *tool) (map[string]string, error) {
		out, err := t.output("apk", "list", "--installed")
		return parseApkInstalled(out), err
	},
	install: func(*packageList) []string { return []string{"--no-progress", "upgrade"} },
}

// parseApkUpgrade reads what apk is about to do (print_change in src/commit.c):
//
//	(1/3) Upgrading busybox (1.36.1-r2 -> 1.36.1-r5)
//	( 2/12) Installing libfoo@edge (1.0-r0)
//	(3/3) Purging libbar (0.9-r1)
//
// Version 3 pads the number, and may say before, and round,
//
//	Need to download 1234 KiB of packages.
//
// Of what is pinned to a repository its tag stands behind the name.
func parseApkUpgrade(out string) *packageList {
	l := &packageList{}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if size, ok := strings.CutPrefix(line, "Need to download "); ok {
			l.download = apkSize(strings.TrimSuffix(size, " of packages."))
			continue
		}
		status, rest, ok := strings.Cut(line, ") ")
		if !ok || !strings.HasPrefix(status, "(") || !strings.Contains(status, "/") {
			continue
		}
		w := strings.Fields(rest)
		if len(w) < 3 || w[2][0] != '(' || !strings.HasSuffix(rest, ")") {
			continue
		}
		verb := w[0]
		name, _, _ := strings.Cut(w[1], "@")
		old, now := strings.TrimSuffix(w[2][1:], ")"), ""
		switch {
		case len(w) == 5 && w[3] == "->":
			now = strings.TrimSuffix(w[4], ")")
		case len(w) == 3 && verb == "Installing":
			old, now = "", old
		case len(w) == 3 && verb == "Purging":
		default:
			continue // what is only pinned or installed anew
		}
		if ch, ok := newChange(name, old, now); ok {
			l.changes = append(l.changes, ch)
		}
	}
	return l
}

// apkSize returns a size in bytes (apk_fmt_human_size in src/print.c): a number,
// which may have a decimal, and a unit. 0: it is none.
func apkSize(s string) int64 {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0 && n < 1<<20) {
		return 0
	}
	for i, name := range []string{"B", "KiB", "MiB", "GiB"} {
		if unit == name {
			return int64(n * float64(int64(1)<<(10*i)))
		}
	}
	return 0
}

// parseApkInstalled reads "NAME-VERSION ARCH {ORIGIN} (LICENCE) [installed]"
// (print_package in src/app_list.c).
func parseApkInstalled(out string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		if len(w) < 2 || w[len(w)-1] != "[installed]" {
			continue
		}
		name, version := apkNameVersion(w[0])
		if ch, ok := newChange(name, "", version); ok {
			found[ch.Name] = ch.New
		}
	}
	return found
}

// apkNameVersion splits a package at the last hyphen with a digit behind it, as
// apk_pkg_parse_name in src/package.c of version 2 does.
func apkNameVersion(s string) (name, version string) {
	for i := len(s) - 2; i > 0; i-- {
		if s[i] == '-' && s[i+1] >= '0' && s[i+1] <= '9' {
			return s[:i], s[i+1:]
		}
	}
	return "", ""
}
