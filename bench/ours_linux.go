package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/flash"
	"chainroot/memory"
)

// config is `snapshot config` on an image.
func (l *lab) config(d *dataSet, image string) job {
	return pipe(l.snapshot + " --device " + image + " config --upper " + d.tree())
}

// replaying is what preinit does, in a process of its own.
func (l *lab) replaying(image, to string) job {
	return pipe(l.self + " " + argReplay + " " + image + " " + to)
}

// The upper directories that are replayed to, of the snapshots and of the volatile
// entry.
const (
	lowerUpper = "snapshot"
	upperUpper = "overlay"
)

// replay is what preinit does between the flash and the two upper directories, and
// nothing else: it is the whole of a process that is timed.
func replay(image, to string) error {
	memory.Boot()
	dev, err := chain.OpenFlash(image, &flash.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer dev.Close()
	if _, err := chain.Identify(dev); err != nil {
		return err
	}
	c, err := chain.Open(dev)
	if err != nil {
		return err
	}
	for _, name := range []string{lowerUpper, upperUpper} {
		if err := os.Mkdir(filepath.Join(to, name), 0o755); err != nil {
			return err
		}
	}
	if err := replayEntries(c, c.Snapshots(), filepath.Join(to, lowerUpper)); err != nil {
		return err
	}
	if v := c.Volatile(); v != nil {
		return replayEntries(c, []*chain.Entry{v}, filepath.Join(to, upperUpper))
	}
	return nil
}

func replayEntries(c *chain.Chain, entries []*chain.Entry, upper string) error {
	r, err := delta.NewReplayer(upper)
	if err != nil {
		return err
	}
	defer r.Close()
	tars := c.Tars(entries)
	defer tars.Close()
	for _, e := range entries {
		if _, err := r.Replay(tars.Next()); err != nil {
			return fmt.Errorf("cannot replay %s: %w", e.Name(), err)
		}
	}
	return nil
}

// stored returns how many bytes the payload of the volatile entry takes on flash.
func stored(image string) (float64, error) {
	dev, err := chain.OpenFlash(image, &flash.Options{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer dev.Close()
	c, err := chain.Open(dev)
	if err != nil {
		return 0, err
	}
	if c.Volatile() == nil {
		return 0, fmt.Errorf("cannot find a volatile entry in %s", image)
	}
	return float64(c.Volatile().Stored), nil
}

// packTar writes the tar that an entry holds of a tree.
func packTar(tree, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("cannot make a file: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = delta.Pack(w, tree, nil)
	if e := w.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// push adds a snapshot of some files of a tree to a chain, as `snapshot push` does.
func push(c *chain.Chain, tree string, files []string) error {
	has := withDirs(files)
	w := chain.NewPayloadWriter()
	_, err := delta.Pack(w, tree, &delta.PackOptions{Choose: func(path string, _ bool) delta.Answer {
		if has[path] {
			return delta.Keep
		}
		return delta.Drop
	}})
	if err != nil {
		return err
	}
	p, err := w.Finish()
	if err != nil {
		return err
	}
	if err := c.WriteVolatile(p, "", time.Now()); err != nil {
		return err
	}
	return c.Promote("", time.Now())
}

// walk opens the chain on a device and returns how long that took, and the number of
// its entries.
func walk(dev flash.Device) (seconds float64, entries int, err error) {
	start := time.Now()
	c, err := chain.Open(dev)
	if err != nil {
		return 0, 0, err
	}
	return time.Since(start).Seconds(), len(c.Entries()), nil
}
