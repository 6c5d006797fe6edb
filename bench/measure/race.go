package measure

import (
	"fmt"
	"time"
)

// Runner is one side of a comparison: Run does its work once, and returns its
// figure. What it has to prepare and to look at afterwards is its own business.
type Runner struct {
	Name string
	Run  func() (float64, error)
}

// mostRounds is how many times as many rounds as asked for there are at most.
const mostRounds = 10

// Race lets all runners run by turns, for at least so many rounds, and for more
// where those took less than the time given: what takes milliseconds needs more of
// them. It returns the median of each, in their order.
func Race(rounds int, atLeast time.Duration, runners []Runner) ([]float64, error) {
	figures := make([][]float64, len(runners))
	start := time.Now()
	for n := 0; n < rounds || n < mostRounds*rounds && time.Since(start) < atLeast; n++ {
		for i, r := range runners {
			figure, err := r.Run()
			if err != nil {
				return nil, fmt.Errorf("cannot run %s: %w", r.Name, err)
			}
			figures[i] = append(figures[i], figure)
		}
	}
	medians := make([]float64, len(runners))
	for i, f := range figures {
		medians[i] = Median(f)
	}
	return medians, nil
}
