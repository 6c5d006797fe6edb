package main

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
)

// allFiles returns the paths, relative to dir and sorted, of the regular files below it,
// and what a tree of them has.
func allFiles(dir string) (paths []string, s size, err error) {
	dirs := map[string]bool{".": true}
	err = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		paths = append(paths, rel)
		s.files++
		s.bytes += st.Size()
		for d := path.Dir(rel); !dirs[d]; d = path.Dir(d) {
			dirs[d] = true
			s.files++
		}
		return nil
	})
	if err != nil {
		return nil, s, fmt.Errorf("cannot pick files: %w", err)
	}
	return paths, s, nil
}

// split parts paths into n rows of about the same length.
func split(paths []string, n int) (rows [][]string) {
	for i := range n {
		rows = append(rows, paths[len(paths)*i/n:len(paths)*(i+1)/n])
	}
	return rows
}

// withDirs returns a set of paths, and of the directories that lead there.
func withDirs(paths []string) map[string]bool {
	set := map[string]bool{}
	for _, p := range paths {
		for ; p != "." && !set[p]; p = path.Dir(p) {
			set[p] = true
		}
	}
	return set
}
