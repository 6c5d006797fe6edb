package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"sync"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "powercut:", err)
		os.Exit(1)
	}
}

// options is what a campaign is to do.
type options struct {
	budget  time.Duration
	seed    uint64
	flashes []*shape
	workers int
	json    string
	first   bool
	random  bool
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("powercut", flag.ContinueOnError)
	o := options{workers: runtime.GOMAXPROCS(0)}
	fs.DurationVar(&o.budget, "budget", 0, "how long to go on; the exhaustive part is always done")
	fs.Uint64Var(&o.seed, "seed", 1, "for all that looks like chance")
	fs.StringVar(&o.json, "json", "", "file for the figures")
	fs.BoolVar(&o.first, "first", false, "stop at the first violation")
	fs.BoolVar(&o.random, "random", false, "random lives only")
	pattern := fs.String("flash", "", "only flashes whose name matches this regular expression")
	if err := fs.Parse(args); err != nil {
		return err
	}
	match, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}
	for i := range shapes {
		if match.MatchString(shapes[i].name()) {
			o.flashes = append(o.flashes, &shapes[i])
		}
	}
	if len(o.flashes) == 0 {
		return fmt.Errorf("there is no flash called %q", *pattern)
	}
	f, err := o.campaign(out)
	if o.json != "" {
		err = errors.Join(err, f.write(o.json))
	}
	return err
}

// campaign does it all, and prints the figures. The error says that there were
// violations, and how to see them again.
func (o options) campaign(out io.Writer) (figures, error) {
	start := time.Now()
	t := newTally(out, o.first)
	work := newCrew(o.workers)
	// All of it again, with other chance, as long as the budget has room for that.
	for round := o; !o.random; round.seed++ {
		began := time.Now()
		round.exhaust(t, work)
		fmt.Fprintf(out, "each operation was cut, with seed %d, after %.0f s\n", round.seed, time.Since(start).Seconds())
		if time.Since(start)+time.Since(began) > o.budget {
			break
		}
	}
	for n := uint64(0); time.Since(start) < o.budget; n++ {
		work.do(func() { live(t, o.flashes, o.seed<<32+n) })
	}
	work.wait()
	if boots := t.boots.Load(); t.late.Load() > boots/mostLate {
		t.violation(broken, "late repairs", fmt.Sprintf("%d in %d boots", t.late.Load(), boots))
	}
	f := t.figures(len(o.flashes), o.workers, o.seed, time.Since(start))
	f.print(out)
	if t.failed() {
		return f, fmt.Errorf("there were violations: -seed %d and -flash show them again", o.seed)
	}
	return f, nil
}

// exhaust cuts each operation of each command.
func (o options) exhaust(t *tally, work *crew) {
	all := make([][]*job, len(o.flashes))
	for i, s := range o.flashes {
		work.do(func() { all[i] = jobs(s, o.seed, t) })
	}
	work.wait()
	for _, list := range all {
		for _, j := range list {
			work.do(func() { j.cut(t) })
			work.do(func() { j.fail(t) })
			if j.step == rotStep {
				stride := sparse
				if j.s == &shapes[0] {
					stride = 1
				}
				work.do(func() { j.rot(t, stride, o.seed) })
			}
		}
	}
	work.wait()
}

// mostLate: of so many boots after a cut, one may find that what read as blank
// or whole before does not, and write a record then.
const mostLate = 100

// The bits of the chain before the command of that number rot, on the first
// flash all, on the others one of so many.
const (
	rotStep = 8
	sparse  = 29
)

// crew does work on several cores.
type crew struct {
	work chan func()
	open sync.WaitGroup
}

func newCrew(workers int) *crew {
	c := &crew{work: make(chan func())}
	for range workers {
		go func() {
			for f := range c.work {
				f()
				c.open.Done()
			}
		}()
	}
	return c
}

func (c *crew) do(f func()) {
	c.open.Add(1)
	c.work <- f
}

// wait returns when all is done.
func (c *crew) wait() { c.open.Wait() }
