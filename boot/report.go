// Package boot is what preinit and /sbin/snapshot tell each other about a
// running unit: the report of the last boot, kept in RAM at ReportPath.
//
// preinit writes it once, before it execs the real init, with AppendJSON (no
// reflection: encoding/json would cost preinit a sixth of its size). snapshot
// reads it with package json, by the tags below.
package boot

// ReportPath is where the report of a boot lies on the running unit.
const ReportPath = "/snapshot/boot.json"

// Layouts of the root file system, as in Report.Layout.
const (
	Stacked = "stacked"  // two stacked overlays: squashfs + snapshots, that + volatile
	Flat    = "flat"     // one overlay with two lower directories
	Classic = "classic"  // one overlay whose upper directory is a file system on rootfs_data
	Bare    = "squashfs" // the squashfs alone, read-only
)

// Report is what happened in one boot.
type Report struct {
	Version  int       `json:"version"`  // of this structure: 1
	State    State     `json:"state"`    // the state that was booted
	Asked    string    `json:"asked"`    // last, rollback, rollback=N, skip
	Layout   string    `json:"layout"`   // Stacked, Flat, Classic or Bare
	Root     string    `json:"root"`     // the device of the squashfs
	Device   string    `json:"device"`   // the device of rootfs_data; empty: there is none
	Holds    string    `json:"holds"`    // what that device holds: chain, erased, jffs2, …
	Repaired bool      `json:"repaired"` // what a power cut had left between two states was tied up, on flash
	Trial    *Trial    `json:"trial"`    // what was on trial when this boot began; null: nothing was
	Entries  []Entry   `json:"entries"`  // what was replayed, oldest first
	Skipped  []Skipped `json:"skipped"`  // what was not, and why
	Phases   []Phase   `json:"phases"`   // the parts of the boot, in order
	Init     []string  `json:"init"`     // the command line of the real init
}

// State names a state of the unit.
type State struct {
	Snapshot int    `json:"snapshot"` // 0: the bare firmware
	Volatile bool   `json:"volatile"` // with the volatile entry on top
	ID       string `json:"id"`       // hash of the last entry's header, in hexadecimal; zeros for bare firmware
}

// Trial is the state on trial that a boot was to be of. It was booted if GaveUp and
// Refused are empty.
type Trial struct {
	Entry   string `json:"entry"`   // "volatile", "snapshot 2"
	Hash    string `json:"hash"`    // of its header, in hexadecimal
	Left    int    `json:"left"`    // boots that may follow this one
	Within  int64  `json:"within"`  // seconds from this boot to its confirmation; 0: no limit
	GaveUp  string `json:"gaveUp"`  // why this boot ended the trial
	Refused string `json:"refused"` // why it was not booted, with the trial going on
}

// Entry is one replayed entry of the chain.
type Entry struct {
	Number       int    `json:"number"`
	Volatile     bool   `json:"volatile"`
	Label        string `json:"label"`
	Hash         string `json:"hash"`         // of its header, in hexadecimal
	Stored       int64  `json:"stored"`       // bytes on flash, compressed
	Unpacked     int64  `json:"unpacked"`     // bytes of the tar
	Microseconds int64  `json:"microseconds"` // to read, check and unpack it
}

// Skipped is a state or a step that was given up on the way to the one booted.
type Skipped struct {
	What   string `json:"what"` // for example "snapshot 2", "volatile", "overlay"
	Reason string `json:"reason"`
}

// Phase is one part of the boot.
type Phase struct {
	Name         string `json:"name"`
	Microseconds int64  `json:"microseconds"`
}
