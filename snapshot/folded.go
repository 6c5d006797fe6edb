package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"chainroot/boot"
	"chainroot/chain"
)

// foldedPath names what compact made of the chain since the boot, a line per
// entry: its hash, "=", and the hashes of the entries that it stands for.
// Headers hold the hash of the one before, so all behind a folded entry have
// new hashes as well.
const foldedPath = "/snapshot/folded"

// origins holds, for each entry that compact has written since the boot, the
// hashes of those that it stands for, as they were before the first compact.
type origins map[string][]string

// of returns what an entry stands for: itself, if compact did not touch it.
func (o origins) of(hash string) []string {
	if old, ok := o[hash]; ok {
		return old
	}
	return []string{hash}
}

func (c *cli) origins() (origins, error) {
	b, err := os.ReadFile(c.path(foldedPath))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	o := origins{}
	for line := range strings.Lines(string(b)) {
		hash, old, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		var all []string
		for _, h := range strings.Fields(old) {
			all = append(all, o.of(h)...)
		}
		o[hash] = all
	}
	return o, nil
}

// nowIn returns the number of the snapshot that holds the last one that this
// system was booted with; 0: none does, or there was none.
func (c *cli) nowIn(s *session, r *boot.Report) (int, error) {
	o, err := c.origins()
	if err != nil {
		return 0, err
	}
	for _, e := range slices.Backward(r.Entries) {
		if e.Volatile {
			continue
		}
		for _, now := range s.Snapshots() {
			if slices.Contains(o.of(now.Hash.String()), e.Hash) {
				return now.Number, nil
			}
		}
		break
	}
	return 0, nil
}

// noteFolded adds what the entries of the chain will stand for. It is called
// before the chain changes: a line too many does no harm.
func (c *cli) noteFolded(entries []chain.Renamed) error {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s =", e.Hash)
		for _, old := range e.Old {
			fmt.Fprintf(&b, " %s", old)
		}
		b.WriteByte('\n')
	}
	return c.note(foldedPath, b.String())
}

// note appends lines to a file about the running unit. They start a line of
// their own: an earlier note may be cut off, where there was no room for it.
func (c *cli) note(path, lines string) error {
	if c.dryRun {
		return nil
	}
	f, err := os.OpenFile(c.path(path), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		_, err = f.WriteString("\n" + lines)
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("cannot note what is to be done, the file system in RAM is full, remove something in %s or boot with a larger snapshot.size=: %w", filepath.Dir(path), err)
	case err != nil:
		return fmt.Errorf("cannot note what is to be done: %w", err)
	}
	return nil
}
