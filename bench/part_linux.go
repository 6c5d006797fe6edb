package main

import (
	"fmt"
	"os"
	"slices"

	"chainroot/bench/machine"
	"chainroot/bench/measure"
)

// part is a group of comparisons.
type part struct {
	name    string
	measure func(*lab) ([]measure.Result, error)
}

// parts are all parts, in the order in which they are measured.
func parts() []part {
	return []part{
		{"replay", replayPart},
		{"commit", commitPart},
		{"chain", chainPart},
		{"memory", memoryPart},
		{"flash", func(*lab) ([]measure.Result, error) { return flashPart() }},
		{"boot", bootPart},
	}
}

func names() (list []string) {
	for _, p := range parts() {
		list = append(list, p.name)
	}
	return list
}

func known(name string) bool { return slices.Contains(names(), name) }

// measureParts measures the parts in only, or all of them.
func measureParts(l *lab, only []string) (results []measure.Result, err error) {
	for _, p := range parts() {
		if len(only) > 0 && !slices.Contains(only, p.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench: measuring", p.name)
		r, err := p.measure(l)
		if err != nil {
			return nil, fmt.Errorf("cannot measure %s: %w", p.name, err)
		}
		results = append(results, r...)
	}
	return results, nil
}

// bootPart compares boots of virtual machines.
func bootPart(l *lab) ([]measure.Result, error) {
	d, err := l.data("A")
	if err != nil {
		return nil, err
	}
	return machine.Measure(os.Stderr, machine.Data{Tree: d.tree(), TarGz: d.file("tar.gz")}, l.rounds)
}
