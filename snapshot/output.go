package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// output has write write to a file, which is there as a whole afterwards or as it
// was, or with "-" to standard output. What is there and is no file, such as a pipe or
// /dev/null, is written to as it is, and a link stays one. In a dry run nothing is
// written.
func (c *cli) output(file string, write func(io.Writer) error) (size int64, err error) {
	n := &counted{}
	st, e := os.Stat(file)
	switch {
	case file == "", e == nil && st.IsDir():
		return 0, usageError("cannot write to %q: name a file", file)
	case c.dryRun:
		n.w = io.Discard
		if err = write(n); err == nil {
			fmt.Fprintf(c.out, "Dry run, nothing is written: it would be %s.\n", bytesText(n.n))
		}
		return n.n, err
	case file == "-" && isTerminal(c.out):
		return 0, usageError("standard output is a terminal: -o FILE names a file, or take it into a pipe")
	case file == "-":
		n.w = c.out
		return n.n, write(n)
	}
	if e == nil && !st.Mode().IsRegular() {
		err = n.into(file, write)
	} else {
		err = n.replace(file, write)
	}
	if err != nil {
		return 0, fmt.Errorf("cannot write %s: %w", file, err)
	}
	return n.n, nil
}

// into writes to what a path names.
func (c *counted) into(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	c.w = f
	return errors.Join(write(c), f.Close())
}

// replace writes a new file, and puts it in the place of another one.
func (c *counted) replace(path string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return err
	}
	c.w = f
	if err = write(c); err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// counted counts what is written to w, in bytes.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
