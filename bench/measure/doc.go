// Package measure holds what a bench has measured: the median of runs, the result
// of a comparison, the bound that it has to meet, and how results are shown.
package measure
