package main

import (
	"fmt"
	"os"
	"path/filepath"

	"chainroot/bench/measure"
	"chainroot/chain"
	"chainroot/flash"
)

// The chains that are compared hold the same files, all of B, in one snapshot or in many. They
// stand on flash with erase blocks of 4 KiB and a write unit of one byte, as a NOR chip
// has that is used by its small sectors: a thousand entries take the room of a thousand
// small ones there, and not 64 MB.
const (
	chainErase = 4 << 10
	chainWrite = 1
)

// longChain is the image of one.
type longChain struct {
	entries int
	image   string
}

// Bounds of a long chain.
const (
	chainReplay = 1.3  // of a replay of a thousand entries, against one
	infoLimit   = 20.0 // milliseconds, of `snapshot info` with a thousand
	chainReads  = 1.1  // of the reads per entry, against ten entries
)

// chainPart compares chains of many entries with a chain of one.
func chainPart(l *lab) ([]measure.Result, error) {
	d, err := l.tree("B")
	if err != nil {
		return nil, err
	}
	files, want, err := allFiles(d.tree())
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "bench: chains of %d files and directories, %.1f MB\n", want.files, float64(want.bytes)/1e6)
	var chains []longChain
	for _, n := range []int{1, 10, 100, 1000} {
		c := longChain{n, d.file(fmt.Sprint("chain", n))}
		if err := c.make(d.tree(), files, want.bytes); err != nil {
			return nil, fmt.Errorf("cannot make a chain of %d entries: %w", n, err)
		}
		chains = append(chains, c)
	}
	var results []measure.Result
	for _, f := range []func(*lab, []longChain) ([]measure.Result, error){
		walkResults,
		infoResults,
		func(l *lab, chains []longChain) ([]measure.Result, error) { return chainReplays(l, chains, want) },
	} {
		r, err := f(l, chains)
		if err != nil {
			return nil, err
		}
		results = append(results, r...)
	}
	return results, nil
}

// make makes the image.
func (c longChain) make(tree string, files []string, bytes int64) error {
	f, err := os.Create(c.image)
	if err == nil {
		err = f.Truncate((bytes+int64(c.entries+100)*2*chainErase)&^(1<<20-1) + 2<<20)
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	dev, err := flash.Open(c.image, &flash.Options{EraseSize: chainErase, WriteSize: chainWrite})
	if err != nil {
		return err
	}
	ch, err := chain.Open(dev)
	for _, row := range split(files, c.entries) {
		if err == nil {
			err = push(ch, tree, row)
		}
	}
	if e := dev.Close(); err == nil {
		err = e
	}
	return err
}

// opened opens the flash and calls f.
func (c longChain) opened(f func(flash.Device) error) error {
	dev, err := chain.OpenFlash(c.image, &flash.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer dev.Close()
	return f(dev)
}

// walk times a walk, and counts its reads.
func (c longChain) walk() (seconds float64, reads int, err error) {
	err = c.opened(func(dev flash.Device) error {
		counted := &counting{Device: dev}
		var n int
		if seconds, n, err = walk(counted); err != nil {
			return err
		} else if n != c.entries {
			return fmt.Errorf("cannot count this walk: it found %d entries of %d", n, c.entries)
		}
		reads = counted.reads
		return nil
	})
	return seconds, reads, err
}

// walkResults compares time and reads per entry with those of ten entries.
func walkResults(l *lab, chains []longChain) (results []measure.Result, err error) {
	reads := make([]int, len(chains))
	var runners []measure.Runner
	for i, c := range chains {
		runners = append(runners, measure.Runner{Name: fmt.Sprint("walk ", c.entries), Run: func() (seconds float64, err error) {
			seconds, reads[i], err = c.walk()
			return seconds, err
		}})
	}
	times, err := l.race(runners)
	if err != nil {
		return nil, err
	}
	const ten = 1
	per := func(i int, v float64) float64 { return v / float64(chains[i].entries) }
	for i, c := range chains {
		if i <= ten {
			continue
		}
		r, err := measure.Compare(fmt.Sprintf("walk of %d, time per entry", c.entries), per(i, times[i]*1e6), per(ten, times[ten]*1e6), "10 entries", "µs", 0)
		if err != nil {
			return nil, err
		}
		n, err := measure.Compare(fmt.Sprintf("walk of %d, reads per entry", c.entries), per(i, float64(reads[i])), per(ten, float64(reads[ten])), "10 entries", "reads", chainReads)
		if err != nil {
			return nil, err
		}
		results = append(results, r, n)
	}
	return results, nil
}

// infoResults times the program with the longest chain.
func infoResults(l *lab, chains []longChain) ([]measure.Result, error) {
	last := len(chains) - 1
	var runners []measure.Runner
	for _, c := range []longChain{chains[last], chains[0]} {
		runners = append(runners, measure.Runner{Name: fmt.Sprint("info ", c.entries), Run: func() (float64, error) {
			return pipe(l.snapshot + " --device " + c.image + " info").run()
		}})
	}
	times, err := l.race(runners)
	if err != nil {
		return nil, err
	}
	limit, err := measure.Compare(fmt.Sprintf("info of %d", chains[last].entries), times[0]*1000, infoLimit, "limit", "ms", 1)
	if err != nil {
		return nil, err
	}
	one, err := measure.Compare(limit.Name, times[0]*1000, times[1]*1000, "1 entry", "ms", 0)
	return []measure.Result{limit, one}, err
}

// chainReplays compares replays with that of one entry.
func chainReplays(l *lab, chains []longChain, want size) (results []measure.Result, err error) {
	var runners []measure.Runner
	for _, c := range chains {
		runners = append(runners, measure.Runner{Name: fmt.Sprint("replay ", c.entries), Run: func() (float64, error) {
			return l.unpack(l.replaying(c.image, l.target()), filepath.Join(l.target(), lowerUpper), want)
		}})
	}
	times, err := l.race(runners)
	if err != nil {
		return nil, err
	}
	for i, c := range chains[1:] {
		bound := 0.0
		if i+2 == len(chains) {
			bound = chainReplay
		}
		r, err := measure.Compare(fmt.Sprintf("replay of %d", c.entries), times[i+1]*1000, times[0]*1000, "1 entry", "ms", bound)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}
