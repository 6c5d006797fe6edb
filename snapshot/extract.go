package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"chainroot/chain/delta"
)

var extractCommand = command{
	name:    "extract",
	args:    "N|config DIR",
	summary: "unpack a state into a directory",
	maxArgs: 2,
	details: `Unpacks snapshots 1 to N, or all entries ("config"), into DIR, one over the other, as
a boot does: what is there then is an upper directory of an overlay over the
firmware. A deleted file is a character device 0:0 in it, and a directory that hides
what is below has the attribute trusted.overlay.opaque.

DIR is made if there is none, and must be empty. It takes root, and a file system
that keeps what a unit's files have, trusted.* attributes among it. If something
fails, nothing of it stays.
`,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, args []string) error {
			if len(args) < 2 {
				return usageError("extract takes a state and a directory: a number or %s, and where to unpack it", wordConfig)
			}
			return c.look(func(v *viewer) error { return v.extract(args[0], args[1]) })
		}
	},
}

// extract replays the entries of a state into a directory.
func (v *viewer) extract(word, dir string) error {
	if word == wordLive {
		return usageError("extract takes the number of a snapshot, or %s: what runs is in %s", wordConfig, upperPath)
	}
	st, err := v.state(word)
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("extract needs root: it makes devices, and gives files to their owners; nothing was unpacked")
	}
	there, err := isEmptyDir(dir)
	if err != nil {
		return err
	}
	if v.dryRun {
		fmt.Fprintf(v.out, "Would unpack %s into %s.\n", st.name, printable(dir))
		return nil
	}
	if !there {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("cannot make the directory: %w", err)
		}
	}
	was, err := delta.ReadAttr(dir)
	if err != nil {
		return err
	}
	files, err := v.unpack(st, dir)
	if err != nil {
		if e := takeAway(dir, there, was); e != nil {
			err = fmt.Errorf("%w; it cannot be taken away again: %w", err, e)
		}
		return err
	}
	_, err = fmt.Fprintf(v.out, "Unpacked %s into %s: %s of %s.\n", st.name, printable(dir), count(files, "file", "files"), count(len(st.entries), "entry", "entries"))
	return err
}

// unpack replays the entries and returns how many files they hold together.
func (v *viewer) unpack(st *state, dir string) (files int, err error) {
	for _, e := range st.entries {
		tar, err := v.s.Tar(e)
		if err != nil {
			return files, err
		}
		stats, err := delta.Replay(tar, dir)
		if closed := tar.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return files, fmt.Errorf("cannot unpack %s, nothing of it stays in %s: %w", e.Name(), dir, err)
		}
		files += stats.Entries
	}
	return files, nil
}

// isEmptyDir reports whether there is a directory. One that is not empty is an
// error, and so is anything else.
func isEmptyDir(dir string) (bool, error) {
	names, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, usageError("cannot unpack into %s: %w", printable(dir), err)
	case len(names) > 0:
		return false, usageError("%s is not empty, it has %s: name a new directory", printable(dir), printable(names[0].Name()))
	}
	return true, nil
}

// takeAway takes away what was unpacked, and the directory if it was made for it.
func takeAway(dir string, keep bool, was *delta.Attr) error {
	if !keep {
		return os.RemoveAll(dir)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name.Name())); err != nil {
			return err
		}
	}
	return was.Set(dir)
}
