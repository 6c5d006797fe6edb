package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"chainroot/qemu"
	"chainroot/qemu/image"
	"chainroot/qemu/powercut/journal"
)

func main() {
	n := flag.Int("n", 20, "how many `CUTS` to make")
	seed := flag.Uint64("seed", 1, "`N` that commands and moments come from")
	window := flag.Duration("window", 4*time.Second, "`TIME` from the first command on in which a cut comes")
	conversions := flag.Bool("convert", false, "cut conversions from jffs2 instead")
	flag.Parse()
	do := run
	if *conversions {
		do = convert
	}
	if err := do(*n, *seed, *window); err != nil {
		fmt.Fprintln(os.Stderr, "powercut:", err)
		fmt.Fprintf(os.Stderr, "again with: go run ./qemu/powercut -n %d -seed %d -window %v -convert=%v\n", *n, *seed, *window, *conversions)
		os.Exit(1)
	}
}

// prepare builds the image, into a directory of that name that is new in build.
func prepare(name string) (img *image.Image, build, dir string, err error) {
	source, err := image.Source()
	if err != nil {
		return nil, "", "", err
	}
	build = filepath.Join(source, "build")
	dir = filepath.Join(build, name)
	if err := os.RemoveAll(dir); err != nil {
		return nil, "", "", err
	}
	img, err = image.Build(source, filepath.Join(dir, "image"), "amd64")
	return img, build, dir, err
}

func run(n int, seed uint64, window time.Duration) error {
	img, build, dir, err := prepare("powercut-vm")
	if err != nil {
		return err
	}
	r := newReport(os.Stdout, seed)
	err = campaign(n, r, []*unit{
		newUnit(img, qemu.MTD, filepath.Join(dir, "mtd"), seed, window),
		newUnit(img, qemu.Block, filepath.Join(dir, "block"), seed, window),
	})
	err = errors.Join(err, r.write(filepath.Join(build, "powercut-vm.json")))
	fmt.Println(r)
	return err
}

// campaign has units take turns in n rounds, side by side. It ends early when
// one of them breaks a promise.
func campaign(n int, r *report, units []*unit) error {
	errs := make([]error, len(units))
	var broken atomic.Bool
	var wait sync.WaitGroup
	for i, u := range units {
		wait.Go(func() {
			defer u.end()
			err := u.start()
			for round := i + 1; err == nil && round <= n && !broken.Load(); round += len(units) {
				if err = play(round, u, r); err != nil {
					err = fmt.Errorf("round %d, %s: %w", round, u.machine.Attach, err)
				}
			}
			if err != nil {
				broken.Store(true)
				errs[i] = fmt.Errorf("%w\n%s", err, u.evidence())
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// play plays a round; the error says which promise was broken.
func play(round int, u *unit, r *report) error {
	c, err := u.round()
	if err != nil {
		return err
	}
	r.add(round, u.machine.Attach, c)
	if c.outcome > journal.New {
		return fmt.Errorf("%s: booted is %s: %s", c.outcome, c.booted.chain, c.reason)
	}
	return nil
}
