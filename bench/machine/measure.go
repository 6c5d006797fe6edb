package machine

import (
	"fmt"
	"io"
	"os"
	"slices"

	"chainroot/bench/measure"
	"chainroot/qemu/image"
)

// Runs is how often each kind of boot is measured: one boot and the next differ by a
// quarter.
const Runs = 7

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

// Measure boots each machine Runs times in each way, and says on log what it does.
// It takes some minutes, and what qemu/setup installs.
func Measure(log io.Writer) ([]measure.Result, error) {
	return MeasureOn(log, Runs)
}

// MeasureOn does so with another number of boots, and on the machines with the given
// names alone, if any are given.
func MeasureOn(log io.Writer, runs int, names ...string) ([]measure.Result, error) {
	var results []measure.Result
	for i := range machines {
		m := &machines[i]
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		times, err := m.measure(log, runs)
		if err != nil {
			return nil, fmt.Errorf("cannot measure a boot on %s: %w", m.name, err)
		}
		for _, c := range comparisons {
			ours, peer := median(times[c.ours]), median(times[c.peer])
			results = append(results, measure.Result{
				Name: fmt.Sprintf("boot %s, %s", m.name, c.ours), Ours: ours,
				Peer: peer, PeerName: c.peer.String(), Unit: "ms", Ratio: ours / peer, Bound: c.bound,
			})
		}
	}
	return results, nil
}

// measure returns the times of all boots on a machine, by kind, in milliseconds.
func (m *machine) measure(log io.Writer, runs int) (times [kinds][]float64, err error) {
	source, err := image.Source()
	if err != nil {
		return times, err
	}
	dir, err := os.MkdirTemp("", "bench-machine-")
	if err != nil {
		return times, err
	}
	defer os.RemoveAll(dir)
	boots, err := m.setUp(source, dir)
	if err != nil {
		return times, err
	}
	for n := range runs {
		for k, b := range boots {
			t, err := boot(b)
			if err != nil {
				return times, fmt.Errorf("%s: %w", kind(k), err)
			}
			times[k] = append(times[k], t)
		}
		fmt.Fprintf(log, "%s, boot %d of %d:", m.name, n+1, runs)
		for k := range kinds {
			fmt.Fprintf(log, "  %s %.1f ms", k, times[k][n])
		}
		fmt.Fprintln(log)
	}
	return times, nil
}

// median is the middle of the times, or of two of them the mean.
func median(times []float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
