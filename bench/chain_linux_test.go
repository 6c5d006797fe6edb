package main

import (
	"path/filepath"
	"testing"

	"chainroot/flash"
)

// A chain of many entries shows what the one of one entry shows.
func TestLongChain(t *testing.T) {
	tree := t.TempDir()
	plant(t, tree, map[string]int{"a/1": 5000, "a/2": 10, "a/b/3": 20, "c/4": 30, "c/5": 0, "c/d/e/6": 7})
	paths, want, err := allFiles(tree)
	if err != nil {
		t.Fatal(err)
	}
	needRoot(t)
	for _, n := range []int{1, 3, 6} {
		c := longChain{n, filepath.Join(t.TempDir(), "chain")}
		if err := c.make(tree, paths, want.bytes); err != nil {
			t.Fatal(err)
		}
		seconds, reads, err := c.walk()
		if err != nil || seconds <= 0 || reads < n {
			t.Errorf("a walk of %d entries took %v seconds, %d reads, %v", n, seconds, reads, err)
		}
		to := t.TempDir()
		if err := replay(c.image, to); err != nil {
			t.Fatal(err)
		}
		if err := same(filepath.Join(to, lowerUpper), want); err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
		if err := same(filepath.Join(to, upperUpper), size{}); err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
		if _, err := stored(c.image); err == nil {
			t.Errorf("%d snapshots: there is a volatile entry", n)
		}
		c.entries++
		if _, _, err := c.walk(); err == nil {
			t.Errorf("a walk of %d entries found one more", n)
		}
	}
}

func TestCounting(t *testing.T) {
	file := filepath.Join(t.TempDir(), "flash")
	if err := newDisk(file, 0); err != nil {
		t.Fatal(err)
	}
	dev, err := flash.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	c := &counting{Device: dev}
	for range 3 {
		if _, err := c.ReadAt(make([]byte, 10), 0); err != nil {
			t.Fatal(err)
		}
	}
	if c.reads != 3 || c.Geometry() != dev.Geometry() {
		t.Errorf("%d reads of 3, %+v", c.reads, c.Geometry())
	}
}
