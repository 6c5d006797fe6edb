package delta_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/chain/delta"
)

// FuzzReplay replays anything twice, each time with the same outcome, and looks
// whether something changed outside.
func FuzzReplay(f *testing.F) {
	needRoot(f)
	for _, test := range hostileTars {
		if b := build(f, test.members...); len(b) < 8<<10 {
			f.Add(b)
		}
	}
	for _, test := range formatTars {
		f.Add(build(f, test.members...))
	}
	upper := f.TempDir()
	must(f, os.WriteFile(filepath.Join(upper, "file"), []byte("x"), 0o644))
	must(f, os.Symlink("x", filepath.Join(upper, "link")))
	must(f, os.Truncate(filepath.Join(upper, "file"), 20000))
	f.Add(pack(f, upper, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		root := tmpfs(t, "size=16m")
		mkdir(t, root, "upper", "outside")
		tree := delta.NewTree()
		added := tree.Add(bytes.NewReader(b))
		for range 2 {
			_, err := delta.Replay(bytes.NewReader(b), filepath.Join(root, "upper"))
			if errors.Is(err, delta.ErrHostile) != errors.Is(added, delta.ErrHostile) && errors.Is(err, delta.ErrFormat) != errors.Is(added, delta.ErrFormat) {
				t.Fatalf("Replay says %v, the tree %v", err, added)
			}
		}
		names, err := os.ReadDir(root)
		must(t, err)
		outside, err := os.ReadDir(filepath.Join(root, "outside"))
		must(t, err)
		if len(names) != 2 || len(outside) != 0 {
			t.Fatalf("something new outside: %v %v", names, outside)
		}
	})
}

// FuzzTree reads anything as a tar.
func FuzzTree(f *testing.F) {
	for _, test := range append(hostileTars, formatTars...) {
		if b := build(f, test.members...); len(b) < 8<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		delta.NewTree().Add(bytes.NewReader(b))
	})
}

// FuzzParseExclude matches with anything.
func FuzzParseExclude(f *testing.F) {
	f.Add("*.log\n!/keep\n", "a/b")
	f.Add("[[:alpha:]-z]\\ \n**/a/**\n", "z")
	f.Add("[", "[")
	f.Add("\\", "\\")
	f.Fuzz(func(t *testing.T, patterns, path string) {
		e, err := delta.ParseExclude(strings.NewReader(patterns))
		if err != nil {
			return
		}
		inside := e.Match(path+"/x", false)
		if e.Match(path, true) && !inside {
			t.Errorf("%q: %q is excluded, and something in it is not", patterns, path)
		}
	})
}
