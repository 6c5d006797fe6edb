package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/bench/measure"
)

// lab is where all runs: a tmpfs with the data sets, and one for what a run makes.
type lab struct {
	*options
	dir  string
	self string // this program
	sets map[string]*dataSet
}

// atLeast is for how long a comparison goes on.
const atLeast = 2 * time.Second

// newLab mounts a tmpfs at dir, which only this mount namespace sees.
func newLab(dir string, o *options) (*lab, error) {
	l := &lab{options: o, dir: dir, self: "/proc/self/exe", sets: map[string]*dataSet{}}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, fmt.Errorf("cannot make mounts private: %w", err)
	}
	if err := unix.Mount("bench", dir, "tmpfs", 0, "mode=0700,size=75%"); err != nil {
		return nil, fmt.Errorf("cannot mount a tmpfs: %w", err)
	}
	var err error
	if l.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("cannot find this program: %w", err)
	}
	if err := os.Mkdir(l.target(), 0o755); err != nil {
		return nil, fmt.Errorf("cannot make a directory: %w", err)
	}
	return l, nil
}

// target is where a run works. It is empty before.
func (l *lab) target() string { return filepath.Join(l.dir, "target") }

// fresh runs f with an empty tmpfs at the target, which goes afterwards.
func (l *lab) fresh(f func() (float64, error)) (float64, error) {
	if err := unix.Mount("target", l.target(), "tmpfs", 0, "mode=0755,size=75%"); err != nil {
		return 0, fmt.Errorf("cannot mount a tmpfs: %w", err)
	}
	figure, err := f()
	if e := unix.Unmount(l.target(), 0); err == nil && e != nil {
		err = fmt.Errorf("cannot unmount a tmpfs: %w", e)
	}
	return figure, err
}

// race is measure.Race with as many rounds as were asked for.
func (l *lab) race(runners []measure.Runner) ([]float64, error) {
	return measure.Race(l.rounds, atLeast, runners)
}

// fileSize returns the size of a file in bytes.
func fileSize(path string) (float64, error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("cannot measure a file: %w", err)
	}
	return float64(st.Size()), nil
}
