package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// TestTrialOnFullFlash: where an entry cannot be written anew, its slots bound the
// boots. More are refused before anything is touched; those that were promised can
// be recorded, and then the end of the trial, and its taking back or a roll-back.
func TestTrialOnFullFlash(t *testing.T) {
	for size := 4300; size < 6020; size += 128 { // 14 to 27 slots
		g := flash.Geometry{Size: 2 * 4096, EraseSize: 4096, WriteSize: 1}
		content := noise("a|", size)
		for _, start := range []struct {
			name   string
			before []step
			with   func(chain.Trial) step
		}{
			{"try", nil, func(b chain.Trial) step { return try(t, content, "", true, b) }},
			{"try-promote", []step{config(t, content)}, func(b chain.Trial) step { return tryPromote("", b) }},
			{"retry", []step{try(t, content, "", false, boots(1))}, retry},
		} {
			dev := sim.New(g)
			do(t, dev, start.before...)
			image, most := dev.Bytes(), 0
			for n := 1; n <= 10; n++ {
				d := dev.Fork()
				d.ResetCounts()
				err := start.with(boots(n)).do(open(t, d))
				if err == nil {
					most = n
					continue
				}
				var room *chain.NoRoomError
				if !errors.Is(err, chain.ErrNoSlot) || !errors.As(err, &room) || room.Free >= room.Need {
					t.Fatalf("%s, %d bytes, %d boots: %v", start.name, size, n, err)
				}
				if d.Counts().Ops() > 0 || !bytes.Equal(image, d.Bytes()) {
					t.Fatalf("%s, %d bytes, %d boots: refused, and the flash was touched", start.name, size, n)
				}
				break
			}
			if most == 0 && start.name != "try" {
				continue
			}
			do(t, dev, start.with(boots(most)))
			for n := range most {
				do(t, dev, attempt())
				for _, end := range []step{confirm(), giveUp("x"), rollback(0)} {
					d := dev.Fork()
					do(t, d, end)
					if end.name == "confirm" {
						do(t, d, rollback(0))
					}
				}
				if got, want := onTrial(t, dev), fmt.Sprint("a?", most-n-1); got[2:] != want {
					t.Fatalf("%s, %d bytes: %q, want %q", start.name, size, got, want)
				}
			}
			if most == 10 {
				t.Fatalf("%s, %d bytes: there is no end", start.name, size)
			}
		}
	}
}

// TestTrialOnFlashThatFills: cuts can use up the slots that were there for the
// boots. Then the trial is over, and can be given up.
func TestTrialOnFlashThatFills(t *testing.T) {
	g := flash.Geometry{Size: 2 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, try(t, noise("a|", 5000), "", true, boots(2)))
	for n := range 20 {
		dev.CutAt(0, func(sim.Op) sim.Cut { return sim.Cut{Units: 20, Form: sim.Before, Seed: uint64(n)} })
		err := attempt().do(open(t, dev))
		dev.PowerOn()
		if got := onTrial(t, dev); got != "s:a?2" {
			t.Fatalf("cut %d: %q", n, got)
		}
		if errors.Is(err, chain.ErrSpent) {
			var room *chain.NoRoomError
			if n < 2 || !errors.As(err, &room) {
				t.Errorf("after %d cuts: %v", n, err)
			}
			do(t, dev, giveUp("no slots"))
			if f, ok := open(t, dev).Failed(); !ok || f.Reason != "no slots" || state(t, dev) != "" {
				t.Errorf("%v, %+v, %q", ok, f, state(t, dev))
			}
			return
		}
		if !errors.Is(err, sim.ErrPowerCut) {
			t.Fatal(err)
		}
	}
	t.Error("the slots have no end")
}

// TestTrialOnABadBlock lets one block after the other go bad while an entry is put
// on trial: the command does without it, and the entry is on trial once.
func TestTrialOnABadBlock(t *testing.T) {
	g := flash.Geometry{Size: 16 * 131072, EraseSize: 131072, WriteSize: 2048}
	for block := range g.Blocks() {
		dev := sim.NewKind(sim.NAND, g)
		do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("x|", 900)), rollback(1))
		dev.GrowBad(block, syscall.EIO)
		do(t, dev, try(t, noise("b|", 900), "", true, boots(2)))
		if got := onTrial(t, dev); !strings.HasSuffix(got, "s:b?2") {
			t.Errorf("block %d: %q", block, got)
		}
	}
}

// TestConfirmationRots: what stands behind an entry proves that it was confirmed.
func TestConfirmationRots(t *testing.T) {
	dev := sim.New(roomy)
	do(t, dev, try(t, noise("a|", 900), "", false, boots(2)), confirm(), push(""), config(t, noise("b|", 900)))
	e := open(t, dev).Entries()[0]
	for n := 2; n < 8; n++ { // all records but the first
		dev.Flip(int64(slotsOf(e)+n*128+10), 0)
	}
	if len(open(t, dev).Damage()) == 0 {
		t.Error("no damage reported")
	}
	if got := onTrial(t, dev); got != "s:a v:b" {
		t.Errorf("state %q", got)
	}
}

// TestLastSlotsAreItsOwn cuts the commit record of an entry that ends with the
// flash, and so has the slots of the back buffer for its own: what a boot makes of
// that is nothing, or the entry as it was to be.
func TestLastSlotsAreItsOwn(t *testing.T) {
	g := flash.Geometry{Size: 2 * 16384, EraseSize: 16384, WriteSize: 512}
	none, tried := 0, 0
	for size := g.EraseSize + 1000; size < 2*g.EraseSize; size += 512 {
		start := try(t, noise("a|", size), "", true, boots(1))
		whole := sim.New(g)
		if err := start.do(open(t, whole)); err != nil {
			break
		}
		for seed := range uint64(40) {
			dev := sim.New(g)
			dev.CutAt(whole.Counts().Ops()-2, func(sim.Op) sim.Cut {
				return sim.Cut{Form: []sim.Form{sim.Half, sim.Bits, sim.Weak, sim.Faint}[seed%4], Seed: seed}
			})
			if err := start.do(open(t, dev)); !errors.Is(err, sim.ErrPowerCut) {
				t.Fatal(err)
			}
			dev.PowerOn()
			want := onTrial(t, dev)
			switch want {
			case "":
				none++
			case "s:a?1":
				tried++
			default:
				t.Fatalf("%d bytes, seed %d: %q", size, seed, want)
			}
			for range 3 {
				if got := onTrial(t, dev); got != want {
					t.Fatalf("%d bytes, seed %d: %q, then %q", size, seed, want, got)
				}
			}
		}
	}
	if none == 0 || tried == 0 {
		t.Errorf("nothing in %d cuts, the entry in %d", none, tried)
	}
}
