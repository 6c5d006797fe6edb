package main

import (
	"time"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
)

// Where preinit mounts things in the initramfs. All but the last two are also
// the places where they stand in the new root: they are mounted here first so
// that the options in /proc/mounts hold true afterwards.
const (
	romDir      = "/rom"          // the squashfs
	snapshotDir = "/snapshot"     // first tmpfs: what the snapshots hold
	overlayDir  = "/overlay"      // second tmpfs: volatile entry, then all changes
	lowerDir    = "/rom+snapshot" // overlay 1: /proc/mounts goes on to name it
	newDir      = "/new"          // the new root
)

// unit is one boot of a unit. The first fields are what a test replaces.
type unit struct {
	cmdline string // file with the kernel's command line
	console string // terminal of the shells and of the real init
	sysfs   string // where sysfs is mounted
	modules string // directory of kernel modules
	open    func(path string, o *flash.Options) (flash.Device, error)
	log     *logger

	par     *parameters
	devkmsg string         // what printk_devkmsg was set to before; empty: untouched
	tried   []int          // MTD partitions that UBI was asked to attach
	data    string         // device of rootfs_data; empty: there is none
	classic string         // type of a writable file system on it; empty: none
	shape   flash.Geometry // of rootfs_data, once the chain was read
	flash   flash.Device   // open while the chain is read
	chain   *chain.Chain   // nil: none can be read

	target plan  // the state that was asked for
	plan   plan  // the state that is being built
	stack  stack // what of it stands
	usual  bool  // init= runs in no state, the usual programs are tried

	root string // directory of the new root: /rom, then /new, then /
	init string // the real init, known to run there

	report boot.Report
}

func newUnit() *unit {
	return &unit{
		cmdline: "/proc/cmdline",
		console: "/dev/console",
		sysfs:   "/sys",
		modules: "/modules",
		open:    flash.Open,
		log:     &logger{path: "/dev/kmsg"},
		par:     parse(""),
	}
}

// run is the boot. It returns only with an error.
func (u *unit) run() error {
	u.startClock()
	for _, step := range []struct {
		phase string // in boot.json; empty: the step counts its own
		do    func(*unit) error
	}{
		{phaseEarly, (*unit).mountKernelFileSystems},
		{phaseEarly, (*unit).readParameters},
		{phaseEarly, (*unit).openConsole},
		{phaseModules, (*unit).loadModules},
		{phaseRoot, (*unit).mountRoot},
		{phaseRoot, (*unit).freeInitramfs},
		{phaseFind, (*unit).findData},
		{phaseChain, (*unit).readChain},
		{phaseChain, (*unit).countTrial},
		{"", (*unit).chooseState},
		{"", (*unit).buildRoot},
		{phaseChain, (*unit).judgeTrial},
		{"", (*unit).guardTrial},
		{"", (*unit).writeReport},
		{"", (*unit).enterRoot},
		{"", (*unit).startTimer},
		{"", (*unit).execInit},
	} {
		start := time.Now()
		err := step.do(u)
		u.spent(step.phase, start)
		if err != nil {
			return err
		}
	}
	return nil
}

// The phases of a boot in boot.json.
const (
	phaseKernel    = "kernel" // from power-on of the kernel to preinit
	phaseEarly     = "early"
	phaseModules   = "modules"
	phaseRoot      = "root"
	phaseFind      = "find"
	phaseChain     = "chain"
	phaseSnapshots = "snapshots"
	phaseVolatile  = "volatile"
	phaseOverlay   = "overlay"
	phaseInit      = "init"
)

// startClock lists the phases in their order, so that each stands in the
// report, with 0 if it was not needed.
func (u *unit) startClock() {
	for _, name := range []string{phaseKernel, phaseEarly, phaseModules, phaseRoot, phaseFind,
		phaseChain, phaseSnapshots, phaseVolatile, phaseOverlay, phaseInit} {
		u.report.Phases = append(u.report.Phases, boot.Phase{Name: name})
	}
	u.report.Phases[0].Microseconds = boot.Uptime().Microseconds()
}

// spent adds the time since start to a phase.
func (u *unit) spent(phase string, start time.Time) {
	for i := range u.report.Phases {
		if u.report.Phases[i].Name == phase {
			u.report.Phases[i].Microseconds += time.Since(start).Microseconds()
		}
	}
}

// skip notes in the report and in the log that something was given up.
func (u *unit) skip(what string, err error) {
	u.log.errorf("%s: %v", what, err)
	u.report.Skipped = append(u.report.Skipped, boot.Skipped{What: what, Reason: err.Error()})
}
