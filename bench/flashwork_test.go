package main

import (
	"strings"
	"testing"

	"chainroot/bench/measure"
)

// replaced returns how many bytes are programmed, by chain/FORMAT.md, where an entry
// is replaced: header, chunk table and payload at home and in the back buffer, each in
// whole write units, and three records of two slots.
func (c chip) replaced(t *testing.T) float64 {
	t.Helper()
	p, err := noise(1)
	if err != nil {
		t.Fatal(err)
	}
	entry := 256 + 32*((p.Stored()+65535)/65536) + p.Stored()
	w := int64(c.write)
	return float64(2*((entry+w-1)/w*w) + 3*2*max(w, recordSize))
}

// What each command does to flash is the same every time.
func TestFlashPart(t *testing.T) {
	results, err := flashPart()
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]measure.Result{}
	for _, r := range results {
		by[r.Name+"|"+r.PeerName] = r
	}
	if len(by) != len(results) {
		t.Errorf("%d results have %d names", len(results), len(by))
	}
	for _, c := range chips() {
		for _, command := range []string{"first config", "config", "unchanged config", "push", "rollback", "undo", "compact"} {
			found := 0
			for key := range by {
				if strings.HasPrefix(key, c.name+", "+command) {
					found++
				}
			}
			if found == 0 {
				t.Errorf("%s: nothing is known of %s", c.name, command)
			}
		}
		get := func(name, peer string) measure.Result {
			r, there := by[c.name+", "+name+"|"+peer]
			if !there {
				t.Errorf("%s: there is no %s against %s", c.name, name, peer)
			}
			return r
		}
		if r := get("first config writes", "payload"); r.Ratio < 1 || r.Ratio > 1.2 {
			t.Errorf("a first config writes its payload once, and not %v times", r.Ratio)
		}
		if r := get("config writes", "payload"); r.Ratio < 2 || r.Ratio > 2.2 {
			t.Errorf("a config writes its payload twice, and not %v times", r.Ratio)
		} else if want := c.replaced(t); r.Ours != want {
			t.Errorf("%s: a config writes %v bytes, what it has to are %v", c.name, r.Ours, want)
		}
		if r := get("config erases", "entry and copy"); r.Ours == 0 || r.Missed() {
			t.Errorf("a config erases what it writes: %+v", r)
		}
		for _, r := range []measure.Result{get("unchanged config", "one operation"), get("push erases", "one block")} {
			if r.Ours != 0 || r.Missed() || r.Bound == 0 {
				t.Errorf("it does something, or has no bound: %+v", r)
			}
		}
		if r := get("push writes", "two slots"); r.Ours == 0 || r.Missed() || r.Bound == 0 {
			t.Errorf("a push is a record: %+v", r)
		}
	}
}
