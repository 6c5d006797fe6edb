package chain_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// life is a chain and what it should show, under random commands.
type life struct {
	t         testing.TB
	r         *rand.Rand
	dev       *sim.Device
	snapshots []string
	volatile  string
	undo      [][2]any // snapshots and volatile before each roll-back that can be taken back
	open      bool     // a cut has left open whether one can be taken back
	n         int      // names given
	unsettled bool     // a cut may have left work that even a refused command does
}

func (l *life) want() string { return show(l.snapshots, l.volatile) }

func show(snapshots []string, volatile string) string {
	var parts []string
	for _, s := range snapshots {
		parts = append(parts, "s:"+s)
	}
	if volatile != "" {
		parts = append(parts, "v:"+volatile)
	}
	return strings.Join(parts, " ")
}

// command returns a random step and what to do to the model when it succeeds.
func (l *life) command() (step, func()) {
	g := l.dev.Geometry()
	switch l.r.IntN(10) {
	case 0, 1, 2, 3:
		l.n++
		name := fmt.Sprintf("%d", l.n)
		return config(l.t, noise(name+"|", l.r.IntN(g.EraseSize*5/2))), func() { l.volatile, l.undo, l.open = name, nil, false }
	case 4, 5:
		return push(""), func() {
			l.snapshots, l.volatile = append(l.snapshots[:len(l.snapshots):len(l.snapshots)], l.volatile), ""
		}
	case 6, 7:
		n := l.r.IntN(len(l.snapshots) + 1)
		return rollback(n), func() {
			l.undo = append(l.undo, [2]any{l.snapshots, l.volatile})
			l.snapshots, l.volatile = l.snapshots[:n], ""
		}
	default:
		return undo(), func() {
			if len(l.undo) == 0 {
				if l.open {
					l.adopt()
				}
				return
			}
			last := l.undo[len(l.undo)-1]
			l.undo = l.undo[:len(l.undo)-1]
			l.snapshots, l.volatile = last[0].([]string), last[1].(string)
		}
	}
}

// adopt makes the model what the chain shows.
func (l *life) adopt() {
	l.snapshots, l.volatile = nil, ""
	for _, part := range strings.Fields(state(l.t, l.dev)) {
		if name, ok := strings.CutPrefix(part, "v:"); ok {
			l.volatile = name
		} else {
			l.snapshots = append(l.snapshots, part[2:])
		}
	}
}

// refused reports whether err says that nothing was done, and may say so now.
func (l *life) refused(err error) bool {
	var room *chain.NoRoomError
	switch {
	case errors.As(err, &room), errors.Is(err, chain.ErrNoSlot):
		return true
	case errors.Is(err, chain.ErrNothing):
		return true
	case errors.Is(err, chain.ErrNoState):
		return len(l.undo) == 0 || l.open
	}
	return false
}

// step runs a random command, cut at a random operation if cut.
func (l *life) step(cut bool) {
	l.t.Helper()
	s, apply := l.command()
	before := *l
	if cut {
		tear := sim.Tears[l.r.IntN(len(sim.Tears))]
		l.dev.CutAfter(l.r.IntN(8), tear, l.r.Uint64())
	}
	l.dev.ResetCounts()
	err := s.do(open(l.t, l.dev))
	defer func() { l.unsettled = errors.Is(err, sim.ErrPowerCut) }()
	l.dev.PowerOn()
	got := state(l.t, l.dev)
	switch {
	case l.refused(err):
		if l.dev.Counts().Ops() > 0 && !l.unsettled {
			l.t.Fatalf("%s was refused (%v), and the flash was touched", s.name, err)
		}
	case err == nil:
		apply()
	case !errors.Is(err, sim.ErrPowerCut):
		l.t.Fatalf("%s: %v", s.name, err)
	default:
		if apply(); got != l.want() {
			now := *l
			*l = before
			l.r, l.dev = now.r, now.dev
			l.undo, l.open = nil, true
		}
	}
	if got != l.want() {
		l.t.Fatalf("after %s (%v): %q, want %q", s.name, err, got, l.want())
	}
}

// TestRandomLife lets chains live through random commands and power cuts.
func TestRandomLife(t *testing.T) {
	shapes := []flash.Geometry{
		{Size: 12 * 4096, EraseSize: 4096, WriteSize: 1},
		{Size: 20 * 4096, EraseSize: 4096, WriteSize: 64},
		{Size: 9 * 16384, EraseSize: 16384, WriteSize: 512},
		{Size: 24 * 16384, EraseSize: 16384, WriteSize: 1024},
	}
	seeds := 40
	if testing.Short() {
		seeds = 10
	}
	for _, g := range shapes {
		t.Run(shape(g), func(t *testing.T) {
			for seed := range seeds {
				l := &life{t: t, r: rand.New(rand.NewPCG(uint64(seed), 0)), dev: sim.New(g)}
				for range 60 {
					l.step(l.r.IntN(3) == 0)
				}
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}
