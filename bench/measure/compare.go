package measure

import (
	"fmt"
	"slices"
)

// Compare returns the result for ours against a peer, which must not be 0: a ratio
// to nothing is no figure.
func Compare(name string, ours, peer float64, peerName, unit string, bound float64) (Result, error) {
	if !(peer > 0) {
		return Result{}, fmt.Errorf("cannot compare %s with %s: it has %v %s", name, peerName, peer, unit)
	}
	return Result{name, ours, peer, peerName, unit, ours / peer, bound}, nil
}

// Missed reports whether the ratio is over the bound. A ratio that is no number
// misses any.
func (r Result) Missed() bool { return r.Bound != 0 && !(r.Ratio <= r.Bound) }

// Missed returns those of results that miss their bounds.
func Missed(results []Result) []Result {
	return slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return !r.Missed() })
}
