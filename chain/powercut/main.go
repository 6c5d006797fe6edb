package main

import (
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
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("powercut", flag.ContinueOnError)
	o := options{workers: runtime.GOMAXPROCS(0)}
	fs.DurationVar(&o.budget, "budget", 0, "how long to go on; the exhaustive part is always done")
	fs.Uint64Var(&o.seed, "seed", 1, "for all that looks like chance")
	fs.StringVar(&o.json, "json", "", "file for the figures")
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
	if err != nil {
		return err
	}
	if o.json != "" {
		return f.write(o.json)
	}
	return nil
}

// campaign does it all, and prints the figures. The error says that there were
// violations, and how to see them again.
func (o options) campaign(out io.Writer) (figures, error) {
	start := time.Now()
	t := newTally(out)
	work := make(chan func())
	var workers sync.WaitGroup
	for range o.workers {
		workers.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	var all sync.WaitGroup
	for _, s := range o.flashes {
		all.Add(1)
		work <- func() {
			defer all.Done()
			for _, j := range jobs(s, o.seed, t) {
				j.cut(t)
			}
		}
	}
	all.Wait()
	close(work)
	workers.Wait()
	f := t.figures(len(o.flashes), o.workers, o.seed, time.Since(start))
	f.print(out)
	if t.failed() {
		return f, fmt.Errorf("there were violations: go run ./chain/powercut -seed %d shows them again", o.seed)
	}
	return f, nil
}
