package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

func try(t testing.TB, content, label string, snapshot bool, trial chain.Trial) step {
	p := payload(t, content)
	return step{"try " + name(content), func(c *chain.Chain) error { return c.Try(p, snapshot, label, trial, now) }}
}

func tryPromote(label string, trial chain.Trial) step {
	return step{"try-promote", func(c *chain.Chain) error { return c.TryPromote(label, trial, now) }}
}

func attempt() step { return step{"attempt", func(c *chain.Chain) error { return c.Attempt(now) }} }

func retry(trial chain.Trial) step {
	return step{"retry", func(c *chain.Chain) error { return c.Retry(trial, now) }}
}

func confirm() step { return step{"confirm", func(c *chain.Chain) error { return c.Confirm(now) }} }

func giveUp(reason string) step {
	return step{"give up", func(c *chain.Chain) error { return c.GiveUp(reason, now) }}
}

// compact folds all snapshots.
func compact(t testing.TB) step {
	p := payload(t, noise("folded|", 900))
	return step{"compact", func(c *chain.Chain) error {
		if err := c.Check(); err != nil {
			return err
		}
		plan, err := c.PlanCompact(0, []*chain.Payload{p})
		if err != nil {
			return err
		}
		return c.Compact(plan, now)
	}}
}

// onTrial is what a boot of dev shows, with the labels, the boots left and the time
// of what is on trial.
func onTrial(t testing.TB, dev flash.Device) string {
	t.Helper()
	parts := strings.Fields(state(t, dev))
	c := open(t, dev)
	for i, e := range c.Entries() {
		if e.Label != "" {
			parts[i] += "=" + e.Label
		}
		trial, ok := e.Trial()
		if ok != (c.OnTrial() == e) {
			t.Errorf("%s is on trial: %v, of the chain it is %v", e.Name(), ok, c.OnTrial())
		}
		if ok {
			parts[i] += fmt.Sprint("?", trial.Left)
		}
		if trial.Within != 0 {
			parts[i] += "/" + trial.Within.String()
		}
	}
	return strings.Join(parts, " ")
}

// roomy is flash on which a trial can always be written anew.
var roomy = flash.Geometry{Size: 32 * 4096, EraseSize: 4096, WriteSize: 1}

func boots(n int) chain.Trial { return chain.Trial{Left: n} }

// TestTrials are rows of commands, with the state after each and its error.
func TestTrials(t *testing.T) {
	type row []struct {
		step
		want string
		err  error
	}
	a, b, c := noise("a|", 900), noise("b|", 5000), noise("c|", 900)
	minute := chain.Trial{Left: 2, Within: time.Minute}
	for _, test := range []struct {
		name string
		rows row
	}{
		{"confirmed as volatile", row{
			{config(t, a), "v:a", nil}, {push("one"), "s:a=one", nil},
			{try(t, b, "two", false, minute), "s:a=one v:b=two?2/1m0s", nil},
			{attempt(), "s:a=one v:b=two?1/1m0s", nil},
			{confirm(), "s:a=one v:b=two", nil},
			{confirm(), "s:a=one v:b=two", chain.ErrNothing},
			{attempt(), "s:a=one v:b=two", chain.ErrNothing},
			{giveUp("late"), "s:a=one v:b=two", chain.ErrNothing},
			{retry(boots(3)), "s:a=one v:b=two", chain.ErrNothing},
			{push(""), "s:a=one s:b=two", nil},
			{config(t, c), "s:a=one s:b=two v:c", nil},
		}},
		{"confirmed as a snapshot", row{
			{try(t, a, "", true, boots(1)), "s:a?1", nil},
			{attempt(), "s:a?0", nil},
			{confirm(), "s:a", nil},
			{attempt(), "s:a", chain.ErrNothing},
			{rollback(0), "", nil}, {undo(), "s:a", nil}, // it is not on trial again
		}},
		{"used up", row{
			{config(t, a), "v:a", nil}, {push(""), "s:a", nil},
			{try(t, b, "two", true, boots(2)), "s:a s:b=two?2", nil},
			{attempt(), "s:a s:b=two?1", nil},
			{attempt(), "s:a s:b=two?0", nil},
			{attempt(), "s:a s:b=two?0", chain.ErrSpent},
			{giveUp("it does not boot"), "s:a", nil},
			{giveUp("again"), "s:a", chain.ErrNothing},
			{attempt(), "s:a", chain.ErrNothing},
			{undo(), "s:a s:b=two?3", nil},
			{confirm(), "s:a s:b=two", nil},
		}},
		{"refused while on trial", row{
			{config(t, a), "v:a", nil}, {push(""), "s:a", nil}, {config(t, c), "s:a v:c", nil}, {push(""), "s:a s:c", nil},
			{try(t, b, "", true, boots(3)), "s:a s:c s:b?3", nil},
			{config(t, c), "s:a s:c s:b?3", chain.ErrOnTrial},
			{try(t, c, "", true, boots(3)), "s:a s:c s:b?3", chain.ErrOnTrial},
			{try(t, b, "", true, boots(3)), "s:a s:c s:b?3", chain.ErrOnTrial},
			{push(""), "s:a s:c s:b?3", chain.ErrOnTrial},
			{tryPromote("", boots(3)), "s:a s:c s:b?3", chain.ErrOnTrial},
			{compact(t), "s:a s:c s:b?3", chain.ErrOnTrial},
			{undo(), "s:a s:c s:b?3", chain.ErrOnTrial},
			{confirm(), "s:a s:c s:b", nil},
			{compact(t), "s:folded", nil},
		}},
		{"refused while the volatile entry is on trial", row{
			{try(t, b, "", false, boots(3)), "v:b?3", nil},
			{config(t, b), "v:b?3", chain.ErrOnTrial},
			{try(t, c, "", false, boots(3)), "v:b?3", chain.ErrOnTrial},
			{push("x"), "v:b?3", chain.ErrOnTrial},
			{tryPromote("x", boots(3)), "v:b?3", chain.ErrOnTrial},
		}},
		{"not in place of the volatile entry", row{
			{config(t, a), "v:a", nil},
			{try(t, b, "", false, boots(3)), "v:a", chain.ErrTrial},
			{try(t, a, "", true, boots(3)), "v:a", chain.ErrTrial},
			{push(""), "s:a", nil},
			{try(t, b, "", false, boots(3)), "s:a v:b?3", nil},
		}},
		{"the volatile entry promoted", row{
			{tryPromote("", boots(3)), "", chain.ErrNothing},
			{config(t, a), "v:a", nil},
			{tryPromote(strings.Repeat("x", 81), boots(3)), "v:a", errAny},
			{tryPromote("one", minute), "s:a=one?2/1m0s", nil},
			{attempt(), "s:a=one?1/1m0s", nil},
			{giveUp("no"), "", nil},
			{undo(), "s:a=one?3", nil},
			{confirm(), "s:a=one", nil},
		}},
		{"other boots", row{
			{try(t, a, "", true, minute), "s:a?2/1m0s", nil},
			{attempt(), "s:a?1/1m0s", nil},
			{retry(chain.Trial{Left: 5, Within: time.Hour}), "s:a?5/1h0m0s", nil},
			{attempt(), "s:a?4/1h0m0s", nil},
			{retry(boots(0)), "s:a?4/1h0m0s", chain.ErrTrial},
			{retry(boots(1)), "s:a?1", nil},
		}},
		{"rolled back by hand", row{
			{config(t, a), "v:a", nil}, {push(""), "s:a", nil},
			{try(t, b, "", false, boots(7)), "s:a v:b?7", nil},
			{attempt(), "s:a v:b?6", nil},
			{rollback(1), "s:a", nil},
			{undo(), "s:a v:b?3", nil},
			{rollback(0), "", nil}, // what is on trial stands behind what is retired
			{undo(), "s:a v:b?3", nil},
			{giveUp(""), "s:a", nil},
			{config(t, c), "s:a v:c", nil},
			{undo(), "s:a v:c", chain.ErrNoState},
		}},
		{"nothing is on trial", row{
			{attempt(), "", chain.ErrNothing}, {confirm(), "", chain.ErrNothing},
			{giveUp("x"), "", chain.ErrNothing}, {retry(boots(1)), "", chain.ErrNothing},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := sim.New(roomy)
			for i, r := range test.rows {
				dev.ResetCounts()
				err := r.do(open(t, dev))
				if !errors.Is(err, r.err) && (r.err != errAny || err == nil) {
					t.Fatalf("command %d, %s: %v, want %v", i, r.name, err, r.err)
				}
				if n := dev.Counts().Ops(); err != nil && n > 0 {
					t.Errorf("command %d, %s: refused after %d operations", i, r.name, n)
				}
				if got := onTrial(t, dev); got != r.want {
					t.Fatalf("command %d, %s: %q, want %q", i, r.name, got, r.want)
				}
			}
			if d := open(t, dev).Damage(); len(d) > 0 {
				t.Errorf("damage: %v", d)
			}
		})
	}
}

// errAny stands for an error that is no sentinel.
var errAny = errors.New("any")

// TestTrialBounds: what a record cannot say, no trial can be.
func TestTrialBounds(t *testing.T) {
	for _, c := range []struct {
		trial chain.Trial
		ok    bool
	}{
		{chain.Trial{Left: 0}, false},
		{chain.Trial{Left: -1}, false},
		{chain.Trial{Left: 1}, true},
		{chain.Trial{Left: chain.MaxBoots}, true},
		{chain.Trial{Left: 101}, false},
		{chain.Trial{Left: 3, Within: -time.Second}, false},
		{chain.Trial{Left: 3, Within: 1500 * time.Millisecond}, false},
		{chain.Trial{Left: 3, Within: chain.MaxWithin}, true},
		{chain.Trial{Left: 3, Within: chain.MaxWithin + time.Second}, false},
	} {
		if err := c.trial.Validate(); (err == nil) != c.ok || err != nil && !errors.Is(err, chain.ErrTrial) {
			t.Errorf("%+v: %v", c.trial, err)
		}
		for _, start := range []step{try(t, "a|", "", true, c.trial), tryPromote("", c.trial), retry(c.trial)} {
			dev := sim.New(roomy)
			switch start.name {
			case "try-promote":
				do(t, dev, config(t, "a|"))
			case "retry":
				do(t, dev, try(t, "a|", "", true, boots(2)))
			}
			image := dev.Bytes()
			err := start.do(open(t, dev))
			if (err == nil) != c.ok || err != nil && !errors.Is(err, chain.ErrTrial) {
				t.Errorf("%s, %+v: %v", start.name, c.trial, err)
			}
			if err != nil && !bytes.Equal(image, dev.Bytes()) {
				t.Errorf("%s, %+v: the flash was touched", start.name, c.trial)
			}
			if err != nil {
				continue
			}
			if got, _ := open(t, dev).OnTrial().Trial(); got != c.trial {
				t.Errorf("%s, %+v: it is %+v", start.name, c.trial, got)
			}
		}
	}
}

// TestFailed: what a failed trial leaves to be read.
func TestFailed(t *testing.T) {
	for _, c := range []struct{ name, reason, want string }{
		{"short", "no route", "no route"},
		{"empty", "", "given up"},
		{"just fits", strings.Repeat("x", 80), strings.Repeat("x", 80)},
		{"cut", strings.Repeat("x", 81), strings.Repeat("x", 80)},
		{"cut between characters", strings.Repeat("x", 79) + "é" + "y", strings.Repeat("x", 79)},
		{"of three bytes", strings.Repeat("€", 27), strings.Repeat("€", 26)},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev := sim.New(roomy)
			do(t, dev, config(t, noise("a|", 900)), push(""), try(t, noise("b|", 900), "two", true, boots(2)))
			if _, ok := open(t, dev).Failed(); ok {
				t.Error("it has failed before it was given up")
			}
			e := *open(t, dev).OnTrial()
			later := now.Add(time.Hour)
			if err := open(t, dev).GiveUp(c.reason, later); err != nil {
				t.Fatal(err)
			}
			f, ok := open(t, dev).Failed()
			if want := (chain.Failure{Name: "snapshot 2", Label: "two", Hash: e.Hash, Time: later.UTC(), Reason: c.want}); !ok || f != want {
				t.Errorf("%v, %+v, want %+v", ok, f, want)
			}
			if s := open(t, dev).Space(); s.RolledBack != 1 {
				t.Errorf("undo would bring back %d entries", s.RolledBack)
			}
			do(t, dev, config(t, noise("c|", 900)))
			if f, ok := open(t, dev).Failed(); ok {
				t.Errorf("something else was kept since, and it says %+v", f)
			}
		})
	}
	dev := sim.New(roomy)
	do(t, dev, try(t, noise("a|", 900), "", true, boots(2)), rollback(0))
	if f, ok := open(t, dev).Failed(); ok {
		t.Errorf("a roll-back by hand is no failure: %+v", f)
	}
}

// TestLabelOutlivesTheReason: a label that a record has given is there again after
// a failure that was taken back, also where the entry was written anew meanwhile.
func TestLabelOutlivesTheReason(t *testing.T) {
	dev := sim.New(roomy)
	do(t, dev, config(t, noise("a|", 900)), tryPromote("kept", boots(3)))
	for n := range 20 {
		do(t, dev, giveUp("a reason"))
		if f, ok := open(t, dev).Failed(); !ok || f.Label != "kept" || f.Reason != "a reason" {
			t.Fatalf("failure %d: %v, %+v", n, ok, f)
		}
		do(t, dev, undo(), attempt())
		if got := onTrial(t, dev); got != "s:a=kept?2" {
			t.Fatalf("failure %d taken back: %q", n, got)
		}
	}
}

// TestLongTrial uses up the record slots several times: the entry is written anew,
// and not a boot is lost or won by that.
func TestLongTrial(t *testing.T) {
	for _, g := range []flash.Geometry{roomy, {Size: 60 * 4096, EraseSize: 4096, WriteSize: 4096}, {Size: 4 * 16384, EraseSize: 16384, WriteSize: 512}} {
		for _, snapshot := range []bool{true, false} {
			dev := sim.New(g)
			do(t, dev, try(t, noise("a|", 900), "", snapshot, chain.Trial{Left: 100, Within: 90 * time.Second}))
			id, renewed := open(t, dev).ID(), 0
			for left := 99; left >= 0; left-- {
				dev.ResetCounts()
				do(t, dev, attempt())
				if dev.Counts().Erases > 0 {
					renewed++
				}
				want := fmt.Sprintf("s:a?%d/1m30s", left)
				if !snapshot {
					want = "v" + want[1:]
				}
				if got := onTrial(t, dev); got != want || open(t, dev).ID() != id {
					t.Fatalf("%s: %q, want %q", shape(g), got, want)
				}
			}
			if renewed < 5 {
				t.Errorf("%s: it was written anew %d times", shape(g), renewed)
			}
			if err := attempt().do(open(t, dev)); !errors.Is(err, chain.ErrSpent) {
				t.Errorf("%s: another boot: %v", shape(g), err)
			}
			do(t, dev, giveUp("used up"))
			if f, ok := open(t, dev).Failed(); !ok || f.Reason != "used up" {
				t.Errorf("%s: %v, %+v", shape(g), ok, f)
			}
		}
	}
}
