package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/rawfile"
)

// reserveReport takes room for the report while there is some, as much as there
// is: entries that just fit must not leave the unit without it.
func (u *unit) reserveReport() {
	entries := 8
	if u.chain != nil {
		entries += len(u.chain.Entries()) + len(u.report.Skipped)
	}
	f, err := rawfile.Open(boot.ReportPath, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return // writeReport will say so
	}
	defer unix.Close(f)
	for size := int64(entries) << 10; size > 0; size -= 1 << 10 {
		if unix.Fallocate(f, 0, 0, size) == nil {
			return
		}
	}
}

// writeReport writes boot.json. A unit boots without it too.
func (u *unit) writeReport() error {
	r := &u.report
	r.Version, r.Layout = 1, u.plan.layout
	r.State = boot.State{Snapshot: u.plan.snapshots, Volatile: u.plan.volatile, ID: chain.Hash{}.String()}
	r.Entries = append(u.stack.lower, u.stack.upper...)
	if n := len(r.Entries); n > 0 {
		r.State.ID = r.Entries[n-1].Hash
	}
	r.Init = u.initCommand()
	text := append(r.AppendJSON(nil), '\n')
	if err := overwrite(boot.ReportPath, text); err != nil {
		u.log.errorf("cannot write the report of this boot: %v", err)
		u.log.infof("%s", text)
	}
	return nil
}

// overwrite writes a file in the room that it already has.
func overwrite(path string, text []byte) error {
	if !mountedOn(snapshotDir) {
		return fmt.Errorf("nothing is mounted on %s", snapshotDir)
	}
	f, err := rawfile.Open(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if err = rawfile.Write(f, text); err == nil {
		err = shorten(f, int64(len(text)))
	}
	if cerr := unix.Close(f); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

// shorten cuts a file to a length, if it is longer.
func shorten(f int, size int64) error {
	var stat unix.Stat_t
	if err := unix.Fstat(f, &stat); err != nil || stat.Size <= size {
		return err
	}
	return unix.Ftruncate(f, size)
}

// mountedOn reports whether dir is the root of a mount.
func mountedOn(dir string) bool {
	var own, parent unix.Stat_t
	return unix.Lstat(dir, &own) == nil && unix.Lstat(dir+"/..", &parent) == nil && own.Dev != parent.Dev
}
