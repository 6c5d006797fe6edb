package main

import (
	"path/filepath"

	"chainroot/bench/measure"
)

// replayBounds are what the ratio of a replay to a peer may be at most, by data set
// and peer.
func replayBounds() map[string]map[string]float64 {
	large := map[string]float64{"busybox tar+gzip": 0.3, "lz4|GNU tar": 0.6, "cp -a": 1}
	return map[string]map[string]float64{"A": {"GNU tar+gzip": 0.7}, "B": large, "C": large}
}

// replayPart replays a chain of one entry, against unpacking and copying.
func replayPart(l *lab) (results []measure.Result, err error) {
	for _, name := range []string{"A", "B", "C"} {
		d, err := l.data(name)
		if err != nil {
			return nil, err
		}
		runners := []measure.Runner{{Name: "replay", Run: func() (float64, error) {
			return l.unpack(l.replaying(d.chain, l.target()), filepath.Join(l.target(), upperUpper), d.size)
		}}}
		for _, u := range unpackings() {
			runners = append(runners, measure.Runner{Name: u.name, Run: func() (float64, error) {
				return l.unpack(u.job(d, l.target()), l.target(), d.size)
			}})
		}
		medians, err := l.race(runners)
		if err != nil {
			return nil, err
		}
		r, err := against("replay "+name, "ms", runners, medians, 1000, replayBounds()[name])
		if err != nil {
			return nil, err
		}
		results = append(results, r...)
		if name == "C" { // no other part takes it
			if err := l.drop(d); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// unpack runs a job that is to leave so much in dir, in a fresh tmpfs.
func (l *lab) unpack(j job, dir string, want size) (float64, error) {
	return l.fresh(func() (float64, error) {
		seconds, err := j.run()
		if err == nil {
			err = same(dir, want)
		}
		return seconds, err
	})
}

// against compares the first of several figures, each times scale, with all others.
func against(name, unit string, runners []measure.Runner, figures []float64, scale float64, bounds map[string]float64) (results []measure.Result, err error) {
	for i, r := range runners[1:] {
		result, err := measure.Compare(name, figures[0]*scale, figures[i+1]*scale, r.Name, unit, bounds[r.Name])
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}
