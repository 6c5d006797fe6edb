package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// packageManager is what upgrades the packages of a unit. What the programs print
// goes where run and output say; only they start programs.
type packageManager struct {
	name    string   // of the program
	refresh []string // fetches the lists of what there is
	list    func(*tool) (*packageList, error)
	// installed returns the version of each package that is installed.
	installed func(*tool) (map[string]string, error)
	install   func(*packageList) []string
	clean     []string // takes away what was fetched; or nil
	env       []string
}

// managers are tried in this order.
var managers = []packageManager{opkg, apk, apt}

// packageChange is a package in two versions.
type packageChange struct {
	Name string `json:"name"`
	Old  string `json:"old"` // "": it is new
	New  string `json:"new"` // "": it is gone
}

// packageList is what can be upgraded.
type packageList struct {
	changes  []packageChange
	download int64 // bytes; 0: not known, or nothing has to be fetched
	kept     int   // packages that the manager does not upgrade by itself
}

// tool runs the programs of a manager.
type tool struct {
	c    *cli
	m    *packageManager
	out  io.Writer // what the manager says
	path string    // of the program
}

// toolPath is where programs are looked for, as PATH names it.
const toolPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// manager returns the manager of the unit, or the one that is asked for.
func (c *cli) manager(name string, out io.Writer) (*tool, error) {
	var known []string
	for i := range managers {
		m := &managers[i]
		known = append(known, m.name)
		if name != "" && name != m.name {
			continue
		}
		if path := c.lookTool(m.name); path != "" {
			return &tool{c: c, m: m, out: out, path: path}, nil
		}
		if name != "" {
			return nil, usageError("there is no %s on this unit: without --with, upgrade takes what is there", name)
		}
	}
	list := strings.Join(known[:len(known)-1], ", ") + " or " + known[len(known)-1]
	if name != "" {
		return nil, usageError("--with takes %s, not %q", list, name)
	}
	return nil, fmt.Errorf("cannot upgrade packages: there is no %s on this unit", list)
}

// lookTool returns the path of a program of the unit; "" if there is none.
func (c *cli) lookTool(name string) string {
	for dir := range strings.SplitSeq(toolPath, ":") {
		path := c.path(dir + "/" + name)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// run runs the manager with what it says for all to see.
func (t *tool) run(args ...string) error {
	return t.start(t.path, t.out, args)
}

// output runs a program of the manager and returns what it prints, bar errors.
func (t *tool) output(name string, args ...string) (string, error) {
	path := t.c.lookTool(name)
	if path == "" {
		return "", fmt.Errorf("there is no %s on this unit", name)
	}
	var b strings.Builder
	err := t.start(path, &b, args)
	return b.String(), err
}

func (t *tool) start(path string, out io.Writer, args []string) error {
	err := runTool(path, args, t.environment(), out, t.c.errs)
	if err != nil {
		return fmt.Errorf("%s: %w", t.command(path, args), err)
	}
	return nil
}

// command names what was run, by the words that are not flags.
func (t *tool) command(path string, args []string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for _, a := range args {
		if a[0] != '-' {
			return name + " " + a
		}
	}
	return name
}

// environment is that of this process, with the language that the parsers know
// and a PATH that cron or a login does not decide about. What names a proxy stays.
func (t *tool) environment() []string {
	set := append([]string{"LC_ALL=C", "PATH=" + toolPath}, t.m.env...)
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if name == "LANG" || name == "LANGUAGE" || strings.HasPrefix(name, "LC_") || hasVariable(set, name) {
			continue
		}
		set = append(set, v)
	}
	return set
}

func hasVariable(env []string, name string) bool {
	for _, v := range env {
		if strings.HasPrefix(v, name+"=") {
			return true
		}
	}
	return false
}

// packageName reports whether a word can be the name of a package: it becomes an
// argument, part of a label, and is shown on terminals.
func packageName(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._:") == ""
}

// packageVersion reports whether a word can be a version: it is shown, and no more.
func packageVersion(s string) bool {
	for _, b := range []byte(s) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return s != ""
}

// newChange returns what a line says of a package; ok is false if that is no
// package. One of the versions may be "".
func newChange(name, old, now string) (ch packageChange, ok bool) {
	ok = packageName(name) && old+now != "" && (old == "" || packageVersion(old)) && (now == "" || packageVersion(now))
	return packageChange{name, old, now}, ok
}

// changed returns the difference of what was installed to what is, by name.
func changed(before, after map[string]string) (list []packageChange) {
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range after {
		if before[name] == "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		if before[name] != after[name] {
			list = append(list, packageChange{name, before[name], after[name]})
		}
	}
	return list
}
