package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"chainroot/boot"
	"chainroot/mount"
)

// parameters are what the kernel's command line asks of preinit.
type parameters struct {
	args     []argument
	warnings []string // about what was not understood

	root      string
	fstype    string        // rootfstype=
	flags     string        // rootflags=
	delay     time.Duration // rootdelay=, before the first look
	wait      time.Duration // rootwait[=], for the device; negative: for ever
	init      string        // init=; empty: none was asked for
	panicTime int           // panic=, seconds to a reboot; 0: never; negative: at once

	asked    asked
	layout   string // boot.Stacked or boot.Flat
	device   string // snapshot.device=
	size     string // snapshot.size=, as tmpfs takes it
	watchdog int    // snapshot.watchdog=, seconds; 0: none
	debug    bool
	shell    bool
}

// defaultWait is how long preinit looks for a device without rootwait: buses
// find their disks while it already runs.
const defaultWait = 5 * time.Second

// parse reads a command line. What it does not understand becomes a warning,
// and the default holds. Of a repeated parameter the last counts.
func parse(line string) *parameters {
	p := &parameters{args: split(line), fstype: "squashfs", wait: defaultWait, layout: boot.Stacked}
	for _, a := range p.args {
		switch a.name {
		case "root":
			p.root = a.value
		case "rootfstype":
			p.fstype = a.value
		case "rootflags":
			p.flags = a.value
		case "rootdelay":
			p.delay = p.seconds(a, 0)
		case "rootwait":
			p.wait = -1
			if a.hasValue {
				p.wait = p.seconds(a, defaultWait)
			}
		case "init":
			p.init = a.value
		case "panic":
			p.panicTime = p.panicSeconds(a)
		case "snapshot.rollback":
			p.asked.set(p, a)
		case "snapshot.skip":
			p.asked.skip = p.onOff(a)
		case "snapshot.layout":
			p.layout = p.layoutOf(a)
		case "snapshot.device":
			p.device = a.value
		case "snapshot.size":
			p.size = p.sizeOf(a)
		case "snapshot.watchdog":
			p.watchdog = int(p.seconds(a, 0) / time.Second)
		case "snapshot.debug":
			p.debug = p.onOff(a)
		case "snapshot.shell":
			p.shell = p.onOff(a)
		default:
			if strings.HasPrefix(a.name, "snapshot.") {
				p.warn("there is no parameter %s, it is passed over", a.name)
			}
		}
	}
	return p
}

func (p *parameters) warn(format string, a ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, a...))
}

func (p *parameters) seconds(a argument, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(a.value, 10, 31)
	if err != nil {
		p.warn("%s=%s is no number of seconds, it is passed over", a.name, a.value)
		return otherwise
	}
	return time.Duration(n) * time.Second
}

func (p *parameters) panicSeconds(a argument) int {
	n, err := strconv.ParseInt(a.value, 0, 32)
	if err != nil {
		p.warn("panic=%s is no number of seconds, it is passed over", a.value)
	}
	return int(n)
}

func (p *parameters) onOff(a argument) bool {
	switch strings.ToLower(a.value) {
	case "0", "n", "no", "off", "false":
		return false
	}
	return true
}

func (p *parameters) layoutOf(a argument) string {
	if a.value != boot.Flat && a.value != boot.Stacked {
		p.warn("snapshot.layout=%s is not known, it is %s", a.value, boot.Stacked)
		return boot.Stacked
	}
	return a.value
}

func (p *parameters) sizeOf(a argument) string {
	size, err := mount.Size(a.value)
	if err != nil {
		p.warn("snapshot.size: %v; half of the RAM is the limit", err)
	}
	return size
}
