package main

import (
	"path/filepath"

	"chainroot/bench/measure"
)

const (
	memoryLimit = 24 << 20 // bytes, of a replay of B
	mib         = 1 << 20
)

// memoryPart compares what a replay of B takes of memory, beside what it makes, with
// the sum of what the processes of a peer take.
func memoryPart(l *lab) ([]measure.Result, error) {
	d, err := l.data("B")
	if err != nil {
		return nil, err
	}
	weigh := func(name string, j job, dir string) measure.Runner {
		return measure.Runner{Name: name, Run: func() (float64, error) {
			return l.fresh(func() (float64, error) {
				peak, err := j.weigh()
				if err == nil {
					err = same(dir, d.size)
				}
				return peak, err
			})
		}}
	}
	runners := []measure.Runner{weigh("replay", l.replaying(d.chain, l.target()), filepath.Join(l.target(), upperUpper))}
	for _, u := range unpackings() {
		if u.name == "GNU tar+gzip" || u.name == "lz4|GNU tar" {
			runners = append(runners, weigh(u.name, u.job(d, l.target()), l.target()))
		}
	}
	peaks, err := measure.Race(l.rounds, 0, runners)
	if err != nil {
		return nil, err
	}
	limit, err := measure.Compare("memory, replay B", peaks[0]/mib, memoryLimit/mib, "limit", "MiB", 1)
	if err != nil {
		return nil, err
	}
	others, err := against(limit.Name, "MiB", runners, peaks, 1.0/mib, nil)
	return append([]measure.Result{limit}, others...), err
}
