package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func plant(t *testing.T, dir string, files map[string]int) {
	t.Helper()
	for name, n := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, slices.Repeat([]byte{'x'}, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAllFiles(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]int{"a/1": 10, "a/b/2": 20, "c/3": 100})
	paths, s, err := allFiles(dir)
	if err != nil || !slices.Equal(paths, []string{"a/1", "a/b/2", "c/3"}) {
		t.Errorf("%v, %v", paths, err)
	}
	if want := (size{files: 3 + 3, bytes: 130}); s != want { // a, a/b and c as well
		t.Errorf("the size is %+v, want %+v", s, want)
	}
	if paths, _, err := allFiles(dir + "/nothing"); err == nil {
		t.Errorf("of nothing: %v", paths)
	}
}

func TestSplit(t *testing.T) {
	var paths []string
	for i := range 30 {
		paths = append(paths, fmt.Sprint("f", i))
	}
	for _, n := range []int{1, 7, 10, 30} {
		rows := split(paths, n)
		if len(rows) != n || !slices.Equal(slices.Concat(rows...), paths) {
			t.Errorf("%d rows: %v", n, rows)
		}
		for _, row := range rows {
			if len(row) < 30/n || len(row) > 30/n+1 {
				t.Errorf("%d rows: one of %d", n, len(row))
			}
		}
	}
}

func TestWithDirs(t *testing.T) {
	got := slices.Sorted(maps.Keys(withDirs([]string{"a/b/c", "a/d", "e"})))
	if want := []string{"a", "a/b", "a/b/c", "a/d", "e"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSame(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]int{"a/1": 10, "a/b/2": 20})
	want := size{files: 4, bytes: 30}
	if err := same(dir, want); err != nil {
		t.Error(err)
	}
	plant(t, dir, map[string]int{"a/b/2": 19})
	if same(dir, want) == nil {
		t.Error("a byte is missing, and it does not show")
	}
	plant(t, dir, map[string]int{"a/b/2": 20, "3": 0})
	if same(dir, want) == nil {
		t.Error("there is a file more, and it does not show")
	}
	if same(filepath.Join(dir, "nowhere"), size{}) == nil {
		t.Error("a directory that is not there is the same as none")
	}
}
