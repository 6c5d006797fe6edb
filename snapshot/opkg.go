package main

import (
	"strconv"
	"strings"
)

// opkg as OpenWrt has it (opkg-lede): its commands are in libopkg/opkg_cmd.c. All of
// them exit with 0 if nothing failed, also where there is nothing to do.
var opkg = packageManager{
	name:    "opkg",
	refresh: []string{"update"},
	list: func(t *tool) (*packageList, error) {
		out, err := t.output("opkg", "list-upgradable")
		if err != nil {
			return nil, err
		}
		l := &packageList{changes: parseOpkgUpgradable(out)}
		if len(l.changes) == 0 {
			return l, nil
		}
		if sizes, err := t.output("opkg", "--size", "list"); err == nil { // some know no --size
			l.download = parseOpkgSizes(sizes, l.changes)
		}
		return l, nil
	},
	installed: func(t *tool) (map[string]string, error) {
		out, err := t.output("opkg", "list-installed")
		return parseOpkgInstalled(out), err
	},
	// It takes names: without any it upgrades nothing.
	install: func(l *packageList) []string {
		args := []string{"upgrade"}
		for _, ch := range l.changes {
			args = append(args, ch.Name)
		}
		return args
	},
}

// opkgFields splits a line of fields: " - " is between them.
func opkgFields(line string) []string {
	return strings.Split(strings.TrimSuffix(line, "\n"), " - ")
}

// parseOpkgUpgradable reads "NAME - OLD - NEW" (opkg_list_upgradable_cmd).
func parseOpkgUpgradable(out string) (list []packageChange) {
	for line := range strings.Lines(out) {
		if f := opkgFields(line); len(f) == 3 {
			if ch, ok := newChange(f[0], f[1], f[2]); ok {
				list = append(list, ch)
			}
		}
	}
	return list
}

// parseOpkgInstalled reads "NAME - VERSION" with a description, perhaps, behind it
// (print_pkg).
func parseOpkgInstalled(out string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(out) {
		if f := opkgFields(line); len(f) >= 2 {
			if ch, ok := newChange(f[0], "", f[1]); ok {
				found[ch.Name] = ch.New
			}
		}
	}
	return found
}

// parseOpkgSizes adds up the sizes of the files to fetch, in bytes, from lines of
// "NAME - VERSION - SIZE - DESCRIPTION" (opkg_list_find_cmd).
func parseOpkgSizes(out string, changes []packageChange) (sum int64) {
	wanted := map[[2]string]bool{}
	for _, ch := range changes {
		wanted[[2]string{ch.Name, ch.New}] = true
	}
	for line := range strings.Lines(out) {
		f := opkgFields(line)
		if len(f) < 3 || !wanted[[2]string{f[0], f[1]}] {
			continue
		}
		if n, err := strconv.ParseUint(f[2], 10, 40); err == nil {
			delete(wanted, [2]string{f[0], f[1]}) // another feed may have it too
			sum += int64(n)
		}
	}
	return sum
}
