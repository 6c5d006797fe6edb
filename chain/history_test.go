package chain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// TestHistory: the records tell what happened, each once, in order, also of the
// entry that was rolled back; what was written anew has no past.
func TestHistory(t *testing.T) {
	dev := sim.New(flash.Geometry{Size: 16 * 16384, EraseSize: 16384, WriteSize: 512})
	told := func() string {
		var list []string
		for _, e := range open(t, dev).History() {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %d %s", e.Entry, e.Kind, e.Left, e.Reason)))
		}
		return strings.Join(list, ", ")
	}
	if got := told(); got != "" {
		t.Errorf("an empty flash tells %q", got)
	}
	c := open(t, dev)
	for _, err := range []error{
		c.WriteVolatile(payload(t, "a"), "", now),
		c.Promote("first", now),
		c.Try(payload(t, "b"), true, "", chain.Trial{Left: 2}, now),
		c.Attempt(now), c.Attempt(now),
		c.GiveUp("no reason", now.Add(time.Hour)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "the volatile entry commit 0, snapshot 1 push 0, snapshot 2 commit 2, snapshot 2 attempt 1, snapshot 2 attempt 0, snapshot 2 fail 0 no reason"
	if got := told(); got != want {
		t.Errorf("the flash tells\n%s, want\n%s", got, want)
	}
	h := open(t, dev).History()
	if last := h[len(h)-1]; !last.Time.Equal(now.Add(time.Hour)) || last.Label != "" || h[1].Label != "first" {
		t.Errorf("the last is %+v, the second %+v", last, h[1])
	}
	do(t, dev, undo(), confirm())
	if got := told(); got != want+", snapshot 2 undo 3, snapshot 2 confirm 0" {
		t.Errorf("the flash tells\n%s", got)
	}
}
