package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// size is what a tree has.
type size struct {
	files int   // of all kinds, directories too
	bytes int64 // of the content of regular files
}

// sizeOf counts what lies below a directory.
func sizeOf(dir string) (s size, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		s.files++
		if e.Type().IsRegular() {
			st, err := e.Info()
			if err != nil {
				return err
			}
			s.bytes += st.Size()
		}
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("cannot count files: %w", err)
	}
	return s, nil
}

// same returns an error unless dir has what it has to.
func same(dir string, want size) error {
	if got, err := sizeOf(dir); err != nil {
		return err
	} else if got != want {
		return fmt.Errorf("cannot count this run: it left %d files with %d bytes, and not %d with %d", got.files, got.bytes, want.files, want.bytes)
	}
	return nil
}
