package main

import (
	"strconv"
	"strings"
)

// aptUpgrade are the arguments for an upgrade that asks nothing and removes nothing:
// new packages only where those that are there need them, configuration files stay
// as they are. Another apt may be at work when a unit has just started: it waits.
var aptUpgrade = []string{"-q", "-y", "--with-new-pkgs", "--no-install-recommends",
	"-oDpkg::Options::=--force-confdef", "-oDpkg::Options::=--force-confold", "-oDPkg::Lock::Timeout=60", "upgrade"}

// apt is apt-get of Debian, as of version 2.6. It exits with 100 when something
// failed; that of a list that cannot be fetched just now only with this Error-Mode
// (AcquireUpdate in apt-pkg/update.cc).
var apt = packageManager{
	name:    "apt-get",
	env:     []string{"DEBIAN_FRONTEND=noninteractive"},
	refresh: []string{"-q", "-oAPT::Update::Error-Mode=any", "update"},
	list: func(t *tool) (*packageList, error) {
		out, err := t.output("apt-get", append([]string{"-s"}, aptUpgrade...)...)
		if err != nil {
			return nil, err
		}
		l := parseAptSimulation(out)
		if len(l.changes) == 0 {
			return l, nil
		}
		uris, err := t.output("apt-get", append([]string{"--print-uris"}, aptUpgrade...)...)
		l.download = parseAptURIs(uris)
		return l, err
	},
	installed: func(t *tool) (map[string]string, error) {
		out, err := t.output("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${binary:Package} ${Version}\n")
		return parseDpkg(out), err
	},
	install: func(*packageList) []string { return aptUpgrade },
	clean:   []string{"clean"},
}

// parseAptSimulation reads what apt-get -s is about to do (pkgSimulate in
// apt-pkg/algorithms.cc), and how much it is not (apt-private/private-output.cc):
//
//	Inst base-files [12.4+deb12u5] (12.4+deb12u6 Debian:12.6/stable [amd64])
//	Inst libnew (1.0 Debian:12.6/stable [amd64]) [base-files:amd64 ]
//	Remv oldlib [0.9]
//	1 upgraded, 1 newly installed, 0 to remove and 2 not upgraded.
func parseAptSimulation(out string) *packageList {
	l := &packageList{}
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		if n := len(w); n > 4 && w[n-1] == "upgraded." && w[n-2] == "not" {
			if kept, err := strconv.ParseUint(w[n-3], 10, 20); err == nil {
				l.kept = int(kept)
			}
			continue
		}
		if len(w) < 3 || w[0] != "Inst" && w[0] != "Remv" {
			continue
		}
		old, now, rest := "", "", w[2:]
		if v, ok := strings.CutPrefix(rest[0], "["); ok {
			old, rest = strings.TrimSuffix(v, "]"), rest[1:]
		}
		if w[0] == "Inst" {
			if len(rest) == 0 || rest[0][0] != '(' {
				continue
			}
			now = strings.TrimSuffix(rest[0][1:], ")")
		}
		name, _, _ := strings.Cut(w[1], ":") // of another architecture
		if ch, ok := newChange(name, old, now); ok {
			l.changes = append(l.changes, ch)
		}
	}
	return l
}

// parseAptURIs adds up the sizes, in bytes, in lines of "'URI' FILE SIZE HASH"
// (apt-private/private-install.cc).
func parseAptURIs(out string) (sum int64) {
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "'") {
			continue
		}
		_, rest, _ := strings.Cut(line, "' ")
		if w := strings.Fields(rest); len(w) >= 2 {
			if n, err := strconv.ParseUint(w[1], 10, 40); err == nil {
				sum += int64(n)
			}
		}
	}
	return sum
}

// parseDpkg reads "STATUS NAME VERSION" of all that dpkg knows, in a format of our
// own; the second letter of the status says what is there (dpkg-query(1)). What is
// half installed is: only n, not installed, and c, configuration files, are not.
func parseDpkg(out string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		if len(w) < 3 || len(w[0]) < 2 || strings.Contains("nc", w[0][1:2]) {
			continue
		}
		name, _, _ := strings.Cut(w[len(w)-2], ":")
		if ch, ok := newChange(name, "", w[len(w)-1]); ok {
			found[ch.Name] = ch.New
		}
	}
	return found
}
