package measure

import "slices"

// Median returns the median of values, of which there is at least one: for an even
// number of them the mean of the two in the middle. Values stay in their order.
func Median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	half := len(v) / 2
	if len(v)%2 == 1 {
		return v[half]
	}
	return (v[half-1] + v[half]) / 2
}
