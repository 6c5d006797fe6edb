package main

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
)

// smallFiles returns the paths, relative to dir and sorted, of the first n regular
// files below it that have at most so many bytes, and what a tree of them has.
func smallFiles(dir string, n int, most int64) (paths []string, s size, err error) {
	dirs := map[string]bool{".": true}
	err = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		st, err := e.Info()
		if err != nil || st.Size() > most {
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
		if len(paths) == n {
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && len(paths) < n {
		err = fmt.Errorf("there are %d of %d", len(paths), n)
	}
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
