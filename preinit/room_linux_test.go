package main

import (
	"fmt"
	"strings"
	"testing"

	"chainroot/boot"
)

// TestEverySize boots with a page more in each tmpfs from time to time, until
// all fits: each boot shows as much as there is room for, and says what was
// passed over and what makes room.
func TestEverySize(t *testing.T) {
	m := newMachine(t, map[string]string{"probe": see})
	page := func(c string) string { return strings.Repeat(c, 4096) }
	m.commit("one", true, map[string]string{"etc/config": "one", "a": page("a")})
	m.commit("two", true, map[string]string{"etc/config": "two", "b": page("b")})
	m.commit("volatile", false, map[string]string{"etc/config": "volatile", "c": strings.Repeat(page("c"), 9)})
	states := []struct {
		config   string
		snapshot int
		volatile bool
		passed   string
	}{
		{"firmware", 0, false, "snapshot 1"},
		{"one", 1, false, "snapshot 2"},
		{"two", 2, false, "volatile"},
		{"volatile", 2, true, ""},
	}
	least, boots := 0, map[string]int{}
	for pages := 1; least < len(states)-1; pages++ {
		r := m.boot(fmt.Sprintf("snapshot.size=%dk", 4*pages))
		if r.report == nil {
			t.Fatalf("%d pages: no report\n%s", pages, r.kmsg)
		}
		for least < len(states)-1 && (r.report.State.Snapshot != states[least].snapshot || r.report.State.Volatile != states[least].volatile) {
			least++ // more room, more of the chain
		}
		s := states[least]
		boots[s.config]++
		r.state(s.snapshot, s.volatile, boot.Stacked)
		r.has("config " + s.config)
		if s.passed != "" {
			way := fmt.Sprintf("no space left on device: /%s holds at most %d KiB, for snapshot.size=%dk: a larger one makes room",
				map[bool]string{true: "overlay", false: "snapshot"}[s.passed == "volatile"], 4*pages, 4*pages)
			r.skipped(s.passed, way)
			r.logged("<3>preinit: "+s.passed+": cannot replay ", way)
		} else if len(r.report.Skipped) != 0 {
			t.Errorf("skipped are %+v", r.report.Skipped)
		}
	}
	t.Logf("boots: %v", boots)
	if boots["firmware"] < 2 || boots["one"] < 1 || boots["two"] < 1 {
		t.Error("not every state was booted")
	}
}
