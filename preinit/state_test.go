package main

import (
	"strings"
	"testing"

	"chainroot/boot"
)

func TestChoose(t *testing.T) {
	st := func(n int, v bool) plan { return plan{boot.Stacked, n, v} }
	classic := plan{layout: boot.Classic}
	tests := []struct {
		name  string
		asked asked
		last  plan
		want  plan
		note  string
	}{
		{"last", asked{}, st(2, true), st(2, true), ""},
		{"last of nothing", asked{}, st(0, false), st(0, false), ""},
		{"back from the volatile entry", asked{back: true}, st(2, true), st(2, false), ""},
		{"back from a snapshot", asked{back: true}, st(2, false), st(1, false), ""},
		{"back from the first snapshot", asked{back: true}, st(1, false), st(0, false), ""},
		{"back from a lone volatile entry", asked{back: true}, st(0, true), st(0, false), ""},
		{"back from nothing", asked{back: true}, st(0, false), st(0, false), "no state before"},
		{"exactly", asked{exact: true, n: 1}, st(2, true), st(1, false), ""},
		{"exactly the last", asked{exact: true, n: 2}, st(2, true), st(2, false), ""},
		{"exactly nothing", asked{exact: true}, st(2, true), st(0, false), ""},
		{"beyond", asked{exact: true, n: 3}, st(2, true), st(2, true), "no snapshot 3"},
		{"beyond nothing", asked{exact: true, n: 1}, st(0, false), st(0, false), "no snapshot 1"},
		{"skip", asked{skip: true}, st(2, true), st(0, false), "skip"},
		{"skip wins", asked{skip: true, exact: true, n: 1}, st(2, true), st(0, false), "skip"},
		{"classic", asked{}, classic, classic, ""},
		{"back from classic", asked{back: true}, classic, st(0, false), ""},
		{"classic, bare", asked{exact: true}, classic, st(0, false), ""},
		{"classic has none", asked{exact: true, n: 1}, classic, classic, "no snapshot 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, note := tt.asked.choose(tt.last)
			if got != tt.want || !strings.Contains(note, tt.note) || (note == "") != (tt.note == "") {
				t.Errorf("got %+v, %q; want %+v, %q", got, note, tt.want, tt.note)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	tests := []struct {
		p        plan
		n        int
		volatile bool
		want     plan
	}{
		{plan{"", 3, true}, 3, true, plan{"", 3, true}},
		{plan{"", 3, true}, 3, false, plan{"", 3, false}},
		{plan{"", 3, true}, 1, false, plan{"", 1, false}},
		{plan{"", 3, true}, 2, true, plan{"", 2, false}},
		{plan{"", 1, false}, 3, true, plan{"", 1, false}},
		{plan{"", 0, false}, 0, false, plan{"", 0, false}},
	}
	for _, tt := range tests {
		if got := tt.p.within(tt.n, tt.volatile); got != tt.want {
			t.Errorf("%+v within %d, %v is %+v, want %+v", tt.p, tt.n, tt.volatile, got, tt.want)
		}
	}
}

// TestBeforeEnds goes back from a state until there is none.
func TestBeforeEnds(t *testing.T) {
	var names []string
	for p, ok := (plan{boot.Stacked, 2, true}), true; ok; p, ok = p.before() {
		names = append(names, p.name()+": "+p.String())
	}
	want := "volatile: snapshot 2 with the volatile entry, snapshot 2: snapshot 2, snapshot 1: snapshot 1, bare firmware: the bare firmware"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
