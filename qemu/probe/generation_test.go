//go:build linux

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A number has one tree, whatever was there before, and no other number has it.
func TestGeneration(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"/etc/config", "/usr/share/sample/dir-recreated/sub"} {
		must(t, os.MkdirAll(root+dir, 0o755))
	}
	must(t, os.WriteFile(root+"/usr/share/sample/file-to-dir", nil, 0o600))
	of := map[uint64]string{}
	by := map[string]uint64{}
	for _, n := range []uint64{1, 2, 3, 4, 5, 6, 7, 8, 5, 2, 8, 1, 4, 3, 7, 6, 6, 1} {
		must(t, generation(root, n))
		var b bytes.Buffer
		for _, top := range generated {
			must(t, dump(&b, root+top))
		}
		tree := b.String()
		if of[n] == "" {
			of[n] = tree
		}
		if tree != of[n] {
			t.Fatalf("number %d is\n%s\nand was\n%s", n, tree, of[n])
		}
		if by[tree] == 0 {
			by[tree] = n
		}
		if by[tree] != n {
			t.Errorf("numbers %d and %d have the same tree", n, by[tree])
		}
	}
	// No line of a tree that tells of a file made by it stands in another.
	lines := map[string]uint64{}
	for n, tree := range of {
		for line := range strings.Lines(tree) {
			if other := lines[line]; other != 0 {
				t.Errorf("numbers %d and %d share %s", n, other, line)
			}
			lines[line] = n
		}
	}
}
