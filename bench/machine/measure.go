package machine

import (
	"fmt"
	"io"
	"os"
	"slices"

	"chainroot/bench/measure"
	"chainroot/qemu/image"
)

// bound is what preinit with an empty chain may take of a shell init that builds the
// same mounts.
const bound = 1.0

// comparison is one of those that are made on each machine.
type comparison struct {
	ours, peer kind
	bound      float64
}

var comparisons = []comparison{
	{empty, shell, bound},
	{empty, plain, 0},
	{withA, tarGz, 0},
	{withA, plain, 0},
}

// Data is what a unit keeps, in the forms in which it is booted: both are of the same
// tree.
type Data struct {
	Tree  string // directory
	TarGz string // file
}

// bounded reports whether a comparison with a bound needs boots of a kind. There are
// twice as many of those: single boots of one kind differ by a tenth and more.
func bounded(k kind) bool {
	return slices.ContainsFunc(comparisons, func(c comparison) bool { return c.bound != 0 && (k == c.ours || k == c.peer) })
}

// Measure boots each machine so many times in each way, with d where there is something
// to unpack, and says on log what it does. It takes what qemu/setup installs, and most
// of a minute for each round.
func Measure(log io.Writer, d Data, rounds int) ([]measure.Result, error) {
	var results []measure.Result
	for i := range machines {
		m := &machines[i]
		times, err := m.measure(log, d, rounds)
		if err != nil {
			return nil, fmt.Errorf("cannot measure a boot on %s: %w", m.name, err)
		}
		for _, c := range comparisons {
			r, err := measure.Compare(fmt.Sprintf("boot %s, %s", m.name, c.ours),
				measure.Median(times[c.ours]), measure.Median(times[c.peer]), c.peer.String(), "ms", c.bound)
			if err != nil {
				return nil, err
			}
			results = append(results, r)
		}
	}
	return results, nil
}

// measure returns the times of all boots on a machine, by kind, in milliseconds.
func (m *machine) measure(log io.Writer, d Data, rounds int) (times [kinds][]float64, err error) {
	source, err := image.Source()
	if err != nil {
		return times, err
	}
	dir, err := os.MkdirTemp("", "bench-machine-")
	if err != nil {
		return times, err
	}
	defer os.RemoveAll(dir)
	boots, err := m.setUp(source, dir, d)
	if err != nil {
		return times, err
	}
	for n := range 2 * rounds {
		fmt.Fprintf(log, "%s, boot %d of %d:", m.name, n+1, 2*rounds)
		for k, b := range boots {
			if n >= rounds && !bounded(kind(k)) {
				continue
			}
			t, err := boot(b)
			if err != nil {
				return times, fmt.Errorf("%s: %w", kind(k), err)
			}
			times[k] = append(times[k], t)
			fmt.Fprintf(log, "  %s %.1f ms", kind(k), t)
		}
		fmt.Fprintln(log)
	}
	return times, nil
}
