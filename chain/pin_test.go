package chain_test

import (
	"errors"
	"strings"
	"testing"

	"chainroot/chain"
)

// compactAll folds what may be folded; each folded snapshot is called by those in it.
func compactAll(t testing.TB, c *chain.Chain, keep int) error {
	t.Helper()
	groups, err := c.Folded(keep)
	if err != nil {
		return err
	}
	var payloads []*chain.Payload
	for _, g := range groups {
		var names []string
		for _, e := range g {
			names = append(names, name(content(t, c, e)))
		}
		payloads = append(payloads, payload(t, strings.Join(names, "+")+"|"))
	}
	p, err := c.PlanCompact(keep, payloads)
	if err != nil {
		return err
	}
	return c.Compact(p, now)
}

// pins tells which snapshots are pinned.
func pins(c *chain.Chain) string {
	var b strings.Builder
	for _, e := range c.Entries() {
		if e.Pinned() {
			b.WriteString("!")
		} else {
			b.WriteString(".")
		}
	}
	return b.String()
}

// A pinned snapshot outlives a compaction, as what it shows and as pinned, until it
// is unpinned.
func TestPinned(t *testing.T) {
	for _, g := range geometries {
		dev, c := lived(t, g, config(t, "a|"), push(""), config(t, "b|"), push(""), config(t, "c|"), push(""), config(t, "d|"), push(""),
			config(t, "e|"), push(""), config(t, "v|"), pinned(3, true))
		if err := pinned(3, true).do(c); !errors.Is(err, chain.ErrNothing) {
			t.Errorf("%+v: pinned twice: %v", g, err)
		}
		if err := compactAll(t, c, 0); err != nil {
			t.Fatal(err)
		}
		if got := state(t, dev); got != "s:a+b s:c s:d+e v:v" {
			t.Errorf("%+v: it shows %q", g, got)
		}
		c = open(t, dev)
		if got := pins(c); got != ".!.." {
			t.Errorf("%+v: pinned are %q", g, got)
		}
		if err := compactAll(t, c, 0); !errors.Is(err, chain.ErrNothing) {
			t.Errorf("%+v: again: %v", g, err)
		}
		for n, want := range []error{chain.ErrPinned, chain.ErrPinned, nil} {
			if err := c.Rollback(n, now); !errors.Is(err, want) {
				t.Errorf("%+v: roll-back to %d: %v", g, n, err)
			}
		}
		if got := state(t, dev); got != "s:a+b s:c" {
			t.Errorf("%+v: it shows %q", g, got)
		}
		if err := pinned(2, false).do(c); err != nil {
			t.Fatal(err)
		}
		if got := pins(open(t, dev)); got != ".." {
			t.Errorf("%+v: pinned are %q", g, got)
		}
		if err := compactAll(t, c, 0); err != nil {
			t.Fatal(err)
		}
		if got := state(t, dev); got != "s:a+b+c" || pins(c) != "." {
			t.Errorf("%+v: it shows %q", g, got)
		}
	}
}

func TestPinRefuses(t *testing.T) {
	dev, c := lived(t, geometries[0], config(t, "a|"), push(""), config(t, "b|"))
	before := dev.Counts()
	for n, want := range map[int]error{0: chain.ErrNoState, 2: chain.ErrNoState, -1: chain.ErrNoState} {
		if err := c.Pin(n, true, now); !errors.Is(err, want) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if err := c.Pin(1, false, now); !errors.Is(err, chain.ErrNothing) {
		t.Errorf("unpin of what is not pinned: %v", err)
	}
	if dev.Counts() != before {
		t.Error("the flash was touched")
	}
	if err := c.TryPromote("", chain.Trial{Left: 2}, now); err != nil {
		t.Fatal(err)
	}
	if err := c.Pin(2, true, now); !errors.Is(err, chain.ErrOnTrial) {
		t.Errorf("on trial: %v", err)
	}
	if err := c.Pin(1, true, now); err != nil {
		t.Errorf("behind a trial: %v", err)
	}
	if err := c.GiveUp("it does not work", now); err != nil || pins(c) != "!" {
		t.Errorf("the trial on top of a pinned one: %v", err)
	}
	// An erase takes all.
	if err := c.Reset(payload(t, "bare|"), now); err != nil || len(c.Entries()) > 0 {
		t.Errorf("reset: %v", err)
	}
}

// A pin is a record like others, when they are used up as well.
func TestManyPins(t *testing.T) {
	for _, g := range geometries {
		dev, c := lived(t, g, config(t, "a|"), push("named"), config(t, "b|"), push(""))
		for i := range 40 {
			if err := c.Pin(1, i%2 == 0, now); err != nil {
				t.Fatalf("%+v: %d: %v", g, i, err)
			}
			if got, want := pins(open(t, dev)), []string{"!.", ".."}[i%2]; got != want {
				t.Fatalf("%+v: %d: pinned are %q", g, i, got)
			}
		}
		if got := state(t, dev); got != "s:a s:b" || c.Entries()[0].Label != "named" {
			t.Errorf("%+v: it shows %q", g, got)
		}
	}
}
