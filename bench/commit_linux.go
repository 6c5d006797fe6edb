package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"chainroot/bench/measure"
)

// Bounds of a commit: of the time that tar and gzip take, and of the bytes that lz4 -9
// makes of the same tar.
const (
	commitTime  = 0.5
	commitBytes = 1.06
)

// commitPart saves an upper directory to flash, against saving it to a file.
func commitPart(l *lab) (results []measure.Result, err error) {
	for _, name := range []string{"A", "B"} {
		d, err := l.tree(name)
		if err != nil {
			return nil, err
		}
		bounds := map[string]float64{}
		if name == "B" {
			bounds["GNU tar+gzip"] = commitTime
		}
		r, err := l.commits(d, bounds)
		if err != nil {
			return nil, err
		}
		results = append(results, r...)
	}
	return results, nil
}

// commits measures the time and the bytes of one data set.
func (l *lab) commits(d *dataSet, bounds map[string]float64) ([]measure.Result, error) {
	bytes := make([]float64, 1+len(packings()))
	file := filepath.Join(l.target(), "file")
	runners := []measure.Runner{{Name: "snapshot config", Run: func() (float64, error) {
		return l.fresh(func() (float64, error) {
			if err := newDisk(file, d.size.bytes); err != nil {
				return 0, err
			}
			seconds, err := l.config(d, file).run()
			if err != nil {
				return 0, err
			}
			bytes[0], err = stored(file)
			return seconds, err
		})
	}}}
	for i, p := range packings() {
		runners = append(runners, measure.Runner{Name: p.name, Run: func() (float64, error) {
			return l.fresh(func() (total float64, err error) {
				for _, j := range p.jobs(d, file) {
					seconds, err := j.run()
					if err != nil {
						return 0, err
					}
					total += seconds
				}
				bytes[i+1], err = fileSize(file)
				return total, err
			})
		}})
	}
	medians, err := l.race(runners)
	if err != nil {
		return nil, err
	}
	times, err := against("commit "+d.name, "ms", runners, medians, 1000, bounds)
	if err != nil {
		return nil, err
	}
	same, err := sameTar(d)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("commit %s, flash", d.name)
	first, err := measure.Compare(name, bytes[0], same, "lz4 -9 of the same tar", "bytes", commitBytes)
	if err != nil {
		return nil, err
	}
	others, err := against(name, "bytes", runners, bytes, 1, nil)
	return append(append(times, first), others...), err
}

// sameTar returns how many bytes lz4 -9 makes of the tar that an entry holds.
func sameTar(d *dataSet) (n float64, err error) {
	tar := d.file("ours.tar")
	if err := packTar(d.tree(), tar); err != nil {
		return 0, err
	}
	packed := d.file("ours.tar.lz4")
	if _, err = pipe("lz4 -9 -qc " + tar).to(packed).run(); err == nil {
		n, err = fileSize(packed)
	}
	return n, errors.Join(err, os.Remove(tar), os.Remove(packed))
}
