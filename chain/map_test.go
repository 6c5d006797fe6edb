package chain_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// picture writes a map as runs: "1x2" is snapshot 1 in two blocks, v the volatile
// entry, b1 a copy of an entry in the back buffer, r1 one that was rolled back.
func picture(uses []chain.Use) string {
	var parts []string
	for from := 0; from < len(uses); {
		to := from
		for to < len(uses) && uses[to] == uses[from] {
			to++
		}
		u := uses[from]
		name := map[chain.UseKind]string{
			chain.UseFree: "free", chain.UseBack: "b", chain.UseRolledBack: "r", chain.UseForeign: "foreign", chain.UseBad: "bad",
		}[u.Kind]
		if u.Number > 0 && u.Volatile {
			name += "v"
		}
		if u.Number > 0 {
			name += fmt.Sprint(u.Number)
		}
		parts = append(parts, fmt.Sprintf("%sx%d", name, to-from))
		from = to
	}
	return strings.Join(parts, " ")
}

func TestMap(t *testing.T) {
	const small, large = 900, 4096 + 700
	a, b, c := noise("a|", large), noise("b|", small), noise("c|", 2*4096)
	for _, test := range []struct {
		name   string
		blocks int
		bad    []int
		steps  []step
		want   string
	}{
		{"erased", 8, nil, nil, "freex8"},
		{"two blocks, erased", 2, nil, nil, "freex2"},
		{"two blocks", 2, nil, []step{config(t, b)}, "v1x2"},
		{"two blocks, rolled back", 2, nil, []step{config(t, b), rollback(0)}, "rv1x2"},
		{"volatile", 16, nil, []step{config(t, a)}, "v1x3 freex13"},
		{"snapshot", 16, nil, []step{config(t, a), push("")}, "1x3 freex13"},
		{"both", 16, nil, []step{config(t, a), push(""), config(t, b)}, "1x3 v2x2 freex11"},
		{"replaced by one that is smaller", 16, nil, []step{config(t, c), config(t, b)}, "v1x2 freex14"},
		{"rolled back", 16, nil, []step{config(t, a), push(""), config(t, b), rollback(0)}, "r1x3 rv2x2 freex11"},
		{"rolled back to a snapshot", 16, nil, []step{config(t, a), push(""), config(t, b), rollback(1)}, "1x3 rv2x2 freex11"},
		{"rolled back, space in use", 16, nil, []step{config(t, a), push(""), config(t, b), rollback(0), config(t, b)}, "v1x2 freex14"},
		{"taken back", 16, nil, []step{config(t, a), push(""), rollback(0), undo()}, "1x3 freex13"},
		{"bad in front", 16, []int{0, 1}, []step{config(t, a)}, "badx2 v1x3 freex11"},
		{"bad in an entry", 16, []int{1}, []step{config(t, a)}, "v1x1 badx1 v1x2 freex12"},
		{"bad behind", 16, []int{9, 15}, []step{config(t, a)}, "v1x3 freex6 badx1 freex5 badx1"},
		{"bad in what was rolled back", 16, []int{2}, []step{config(t, a), push(""), rollback(0)}, "r1x2 badx1 r1x1 freex12"},
		{"all bad but two", 8, []int{0, 2, 3, 5, 6, 7}, []step{config(t, b)}, "badx1 v1x1 badx2 v1x1 badx3"},
		{"thousands of blocks", 5000, []int{4000}, []step{config(t, a), push(""), config(t, b), push("")}, "1x3 2x2 freex3995 badx1 freex999"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := sim.NewKind(sim.NAND, flash.Geometry{Size: int64(test.blocks) * 4096, EraseSize: 4096, WriteSize: 256})
			for _, block := range test.bad {
				dev.SetBad(block)
			}
			do(t, dev, test.steps...)
			before := dev.Counts().Ops()
			if got := picture(open(t, dev).Map()); got != test.want {
				t.Errorf("the map is\n%s, want\n%s", got, test.want)
			}
			if dev.Counts().Ops() != before {
				t.Error("the flash was written to")
			}
		})
	}
}

// TestMapAgreesWithSpace compares both along a life, on all geometries.
func TestMapAgreesWithSpace(t *testing.T) {
	for _, g := range geometries {
		t.Run(shape(g), func(t *testing.T) {
			dev := sim.New(g)
			for _, s := range story(t, g) {
				do(t, dev, s.step)
				c := open(t, dev)
				space, uses := c.Space(), c.Map()
				blocks, lost := map[chain.UseKind]int{}, map[int]bool{}
				for _, u := range uses {
					blocks[u.Kind]++
					if u.Kind == chain.UseRolledBack {
						lost[u.Number] = true
					}
				}
				if len(uses) != space.Blocks || blocks[chain.UseEntry] != space.Used || blocks[chain.UseFree]+blocks[chain.UseRolledBack] != space.Free || len(lost) != space.RolledBack {
					t.Fatalf("after %s: %v, %d rolled back; space is %+v", s.name, blocks, len(lost), space)
				}
				for _, e := range c.Entries() {
					for at := e.Block; at < e.Block+e.Blocks; at++ {
						if want := (chain.Use{Kind: chain.UseEntry, Number: e.Number, Volatile: e.IsVolatile()}); uses[at] != want {
							t.Fatalf("after %s: block %d is %+v, want %+v", s.name, at, uses[at], want)
						}
					}
				}
			}
		})
	}
}

// TestMapOfACopy cuts the power where the copy in the back buffer counts, with bad
// blocks among those of it: it is brought home by the next command.
func TestMapOfACopy(t *testing.T) {
	for _, test := range []struct {
		name string
		bad  []int
		want string
	}{
		{"none bad", nil, "1x2 freex12 bv2x2"},
		{"bad at the end", []int{15}, "1x2 freex11 bv2x2 badx1"},
		{"bad inside", []int{14}, "1x2 freex11 bv2x1 badx1 bv2x1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := sim.NewKind(sim.NAND, flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 256})
			for _, block := range test.bad {
				dev.SetBad(block)
			}
			do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)))
			next := config(t, noise("c|", 900))
			counted := 0
			for n := 0; ; n++ {
				try := dev.Fork()
				try.CutAfter(n, sim.Before, 0)
				if err := next.do(open(t, try)); !errors.Is(err, sim.ErrPowerCut) {
					break
				}
				try.PowerOn()
				uses := open(t, try).Map()
				copied := open(t, try).Space().Back != nil
				mapped := slices.ContainsFunc(uses, func(u chain.Use) bool { return u.Kind == chain.UseBack })
				if got := picture(uses); copied != mapped || copied && got != test.want {
					t.Errorf("cut at %d, a copy counts: %v, the map is %s", n, copied, got)
				}
				if copied {
					counted++
				}
			}
			if counted == 0 {
				t.Error("no cut left a copy that counts")
			}
		})
	}
}

// TestMapOfSomethingElse: blocks of what is no chain are not free, until a copy takes
// over from it, wherever that stands.
func TestMapOfSomethingElse(t *testing.T) {
	dev := jffs2(0, 1)
	if got := picture(open(t, dev).Map()); got != "foreignx16" {
		t.Errorf("of jffs2: %s", got)
	}
	if err := takeOver(t, dev, 5000); err != nil {
		t.Fatal(err)
	}
	if got := picture(open(t, dev).Map()); got != "freex14 bv1x2" {
		t.Errorf("taken over at the end: %s", got)
	}
	dev = jffs2(0, 5, 6, 7, 14, 15)
	if err := takeOver(t, dev, 5000); err != nil {
		t.Fatal(err)
	}
	if got := picture(open(t, dev).Map()); got != "freex12 bv1x2 freex2" {
		t.Errorf("taken over inside: %s", got)
	}
}

// TestMapOfDamage: what a boot passes over is free.
func TestMapOfDamage(t *testing.T) {
	dev := sim.New(flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1})
	do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)), push(""))
	dev.Flip(4096+1000, 2)
	c := open(t, dev)
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if got := picture(c.Map()); got != "1x1 freex15" {
		t.Errorf("the map is %s", got)
	}
	// What was rolled back and does not hold cannot be brought back.
	do(t, dev, rollback(0))
	dev.Flip(1000, 2)
	if got := picture(open(t, dev).Map()); got != "freex16" {
		t.Errorf("rolled back and damaged: %s", got)
	}
}

// TestMapOfAFile is that of an image, as of a workstation.
func TestMapOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	dev, err := chain.OpenFlash(path, &flash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for _, s := range []step{config(t, noise("a|", 900)), push(""), config(t, noise("b|", 75000))} {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
	}
	if got := picture(open(t, dev).Map()); got != "1x1 v2x3 freex12" {
		t.Errorf("the map is %s", got)
	}
}
