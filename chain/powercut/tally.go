package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// verdict is what is wrong with a state.
type verdict string

const (
	lost    verdict = "lost"    // entries of both states are missing
	mixed   verdict = "mixed"   // it is another state
	flipped verdict = "flipped" // it was another one at the boot before
	broken  verdict = "broken"  // anything else: a rule of flash, a bound, an error
)

// tally counts, and keeps the first violations of each kind.
type tally struct {
	cuts   atomic.Int64 // at any depth
	deeper atomic.Int64 // at depth 2 and beyond

	faults, rot, boots, late, lives atomic.Int64

	// unsteady are random lives that ended early, after several cuts: a command or a
	// repair was not possible any more, or programmed a unit that had read as not
	// blank at an earlier boot and read as blank since. No state was lost.
	unsteady atomic.Int64

	lock  sync.Mutex
	found map[verdict]int
	out   io.Writer
	first bool // the first violation ends the program
}

func newTally(out io.Writer, first bool) *tally {
	return &tally{found: map[verdict]int{}, out: out, first: first}
}

// shown is how many violations of a kind are told in words.
const shown = 5

// violation counts one, and tells what it is.
func (t *tally) violation(v verdict, where, what string) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.found[v]++
	if t.found[v] <= shown {
		fmt.Fprintf(t.out, "%s: %s: %s\n", v, where, what)
	}
	if t.first {
		os.Exit(1)
	}
}

// failed reports whether there was a violation.
func (t *tally) failed() bool {
	t.lock.Lock()
	defer t.lock.Unlock()
	return len(t.found) > 0
}

// figures are what is written as JSON.
type figures struct {
	Cuts       int64   `json:"cuts"`
	Depth2     int64   `json:"depth2"`
	Faults     int64   `json:"faults"`
	Rot        int64   `json:"rot"`
	Boots      int64   `json:"boots"`
	Late       int64   `json:"boots_that_repair_late"`
	Lives      int64   `json:"random_lives"`
	Unsteady   int64   `json:"random_lives_that_ended_early"`
	Geometries int     `json:"geometries"`
	Lost       int     `json:"lost"`
	Mixed      int     `json:"mixed"`
	Flipped    int     `json:"flipped"`
	Broken     int     `json:"broken"`
	Seed       uint64  `json:"seed"`
	Seconds    float64 `json:"seconds"`
	Workers    int     `json:"workers"`
	PerSecond  float64 `json:"cuts_per_second_and_core"`
}

func (t *tally) figures(geometries, workers int, seed uint64, took time.Duration) figures {
	t.lock.Lock()
	defer t.lock.Unlock()
	f := figures{
		Cuts: t.cuts.Load(), Depth2: t.deeper.Load(), Faults: t.faults.Load(), Rot: t.rot.Load(),
		Boots: t.boots.Load(), Late: t.late.Load(), Lives: t.lives.Load(), Unsteady: t.unsteady.Load(), Geometries: geometries,
		Lost: t.found[lost], Mixed: t.found[mixed], Flipped: t.found[flipped], Broken: t.found[broken],
		Seed: seed, Seconds: took.Seconds(), Workers: workers,
	}
	f.PerSecond = float64(f.Cuts) / f.Seconds / float64(workers)
	return f
}

// print writes the figures for a person; the last line is for everybody.
func (f figures) print(out io.Writer) {
	fmt.Fprintf(out, "boots: %d  late repairs: %d  faults: %d  rotten bits: %d  random lives: %d, %d of them ended early  broken: %d  seed: %d\n",
		f.Boots, f.Late, f.Faults, f.Rot, f.Lives, f.Unsteady, f.Broken, f.Seed)
	fmt.Fprintf(out, "%.0f s, %.0f cuts a second on each of %d cores\n", f.Seconds, f.PerSecond, f.Workers)
	fmt.Fprintf(out, "cuts: %d  depth2: %d  geometries: %d  lost: %d  mixed: %d  flipped: %d\n",
		f.Cuts, f.Depth2, f.Geometries, f.Lost, f.Mixed, f.Flipped)
}

func (f figures) write(file string) error {
	b, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}
