package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCampaign runs the whole campaign on the smallest flashes.
func TestCampaign(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.json")
	var out strings.Builder
	if err := run([]string{"-flash", "(NOR|UBI) 2x4096/|NAND 2x16384/|UBI 2x15360/", "-budget", "2s", "-json", file}, &out); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var f figures
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if f.Geometries != 3 || f.Cuts < 30_000 || f.Faults < 1000 || f.Lost+f.Mixed+f.Flipped+f.Broken != 0 || f.Boots < 3*f.Cuts*9/10 {
		t.Errorf("figures: %s", b)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := lines[len(lines)-1]
	if want := fmt.Sprintf("cuts: %d  depth2: %d  geometries: 3  lost: 0  mixed: 0  flipped: 0", f.Cuts, f.Depth2); last != want {
		t.Errorf("the last line is %q, want %q", last, want)
	}
}

// TestShapes: enough flashes, no two alike, of all kinds, and every life has
// something to do there.
func TestShapes(t *testing.T) {
	if !distinct(shapes) {
		t.Error("two flashes are alike")
	}
	kinds, deeper := map[string]int{}, 0
	for i := range shapes {
		s := &shapes[i]
		kinds[s.kind.String()]++
		if s.deep {
			deeper++
		}
		if len(lives(s)) < 2 || s.holds(s.least()) < smallSize {
			t.Errorf("%s: lives %d", s.name(), len(lives(s)))
		}
	}
	if len(shapes) < 30 || len(kinds) != 5 || deeper < 6 {
		t.Errorf("%d flashes, %v, %d of them deep", len(shapes), kinds, deeper)
	}
}

// TestJudge shows states that must be found wrong.
func TestJudge(t *testing.T) {
	s := &shapes[0]
	dev := s.new(1)
	for _, cmd := range []command{config("a", smallSize), push(""), config("b", smallSize)} {
		c, err := boot(dev)
		if err == nil {
			err = cmd.do(c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		before, after string
		spoil         int64 // a byte of the flash
		want          string
	}{
		{"s:a v:b", "s:a v:c", -1, ""},
		{"s:a v:c", "s:a v:b", -1, ""},
		{"s:a v:c", "s:a v:d", -1, "mixed"},
		{"s:a s:b v:c", "s:a s:b v:d", -1, "lost"},
		{"s:a v:b", "s:a v:c", 5000, "lost"},
		{"", "s:a v:b", 5000, "mixed"},
	} {
		var out strings.Builder
		d := dev.Fork()
		if c.spoil >= 0 {
			d.Flip(c.spoil, 3)
		}
		tl := newTally(&out, false)
		r := &trial{tally: tl, dev: d, before: c.before, after: c.after, where: func() string { return "here" }}
		shows, _, ok := r.judge()
		if got := out.String(); ok != (c.want == "") || !strings.HasPrefix(got, c.want) || tl.failed() != (c.want != "") {
			t.Errorf("%q or %q: shows %q: %s", c.before, c.after, shows, got)
		}
	}
}

// TestLease: what costs too much is found.
func TestLease(t *testing.T) {
	s := &shapes[0]
	dev := s.new(1)
	c, err := boot(dev)
	if err != nil {
		t.Fatal(err)
	}
	free := newLease(c, command{})
	if err := config("a", smallSize).do(c); err != nil {
		t.Fatal(err)
	}
	n := dev.Counts()
	if err := free.check(c, n); err != nil {
		t.Error(err)
	}
	n.Erases += 4
	if free.check(c, n) == nil {
		t.Error("erases without end")
	}
}

// TestFlags: a flash that is not there, a flag that is none.
func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-flash", "drum"}, {"-flash", "("}, {"-budget", "long"}} {
		if err := run(args, os.Stderr); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	if !regexp.MustCompile("^NOR 28x4096/1$").MatchString(shapes[0].name()) {
		t.Errorf("the first flash is %s", shapes[0].name())
	}
}

// distinct reports whether no two flashes have a name in common.
func distinct(list []shape) bool {
	var names []string
	for i := range list {
		names = append(names, list[i].name())
	}
	slices.Sort(names)
	return len(slices.Compact(names)) == len(list)
}
