package measure_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chainroot/bench/measure"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1}, 5},
		{[]float64{900, 2, 1}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{5, 5, 5, 1, 9}, 5},
	} {
		before := slices.Clone(c.values)
		if got := measure.Median(c.values); got != c.want {
			t.Errorf("of %v: %v, want %v", c.values, got, c.want)
		}
		if !slices.Equal(c.values, before) {
			t.Errorf("%v became %v", before, c.values)
		}
	}
}

func TestCompare(t *testing.T) {
	r, err := measure.Compare("replay", 3, 12, "tar", "ms", 0.3)
	want := measure.Result{Name: "replay", Ours: 3, Peer: 12, PeerName: "tar", Unit: "ms", Ratio: 0.25, Bound: 0.3}
	if err != nil || r != want {
		t.Errorf("got %+v, %v, want %+v", r, err, want)
	}
	for _, peer := range []float64{0, -1, math.NaN()} {
		if r, err := measure.Compare("replay", 3, peer, "tar", "ms", 0); err == nil {
			t.Errorf("with a peer of %v: %+v", peer, r)
		} else if !strings.Contains(err.Error(), "tar") {
			t.Errorf("with a peer of %v: %v does not name it", peer, err)
		}
	}
}

func TestMissed(t *testing.T) {
	for _, c := range []struct {
		name         string
		ratio, bound float64
		missed       bool
	}{
		{"below", 0.29, 0.3, false},
		{"met exactly", 0.3, 0.3, false},
		{"over", 0.31, 0.3, true},
		{"no bound", 17, 0, false},
		{"nothing of ours", 0, 0.5, false},
		{"no number", math.NaN(), 1, true},
		{"infinite", math.Inf(1), 1, true},
	} {
		if got := (measure.Result{Ratio: c.ratio, Bound: c.bound}).Missed(); got != c.missed {
			t.Errorf("%s: missed: %v", c.name, got)
		}
	}
	results := []measure.Result{{Name: "a", Ratio: 2, Bound: 1}, {Name: "b", Ratio: 1, Bound: 1}, {Name: "c", Ratio: 3, Bound: 1}}
	before := slices.Clone(results)
	if got := measure.Missed(results); len(got) != 2 || got[0].Name != "a" || got[1].Name != "c" {
		t.Errorf("missed are %+v", got)
	}
	if !slices.Equal(results, before) {
		t.Errorf("the results became %+v", results)
	}
}

// script returns a runner that has these figures, and notes its turns.
func script(name string, turns *[]string, figures ...float64) measure.Runner {
	n := 0
	return measure.Runner{Name: name, Run: func() (float64, error) {
		*turns = append(*turns, name)
		n++
		return figures[min(n, len(figures))-1], nil
	}}
}

func TestRaceTakesTurns(t *testing.T) {
	var turns []string
	got, err := measure.Race(3, 0, []measure.Runner{script("ours", &turns, 5, 1, 9), script("peer", &turns, 2, 2, 70)})
	if err != nil || !slices.Equal(got, []float64{5, 2}) {
		t.Errorf("got %v, %v", got, err)
	}
	if s := strings.Join(turns, " "); s != "ours peer ours peer ours peer" {
		t.Errorf("turns: %s", s)
	}
}

func TestRaceGoesOn(t *testing.T) {
	var turns []string
	if _, err := measure.Race(2, time.Hour, []measure.Runner{script("quick", &turns, 1)}); err != nil || len(turns) != 20 {
		t.Errorf("%d rounds, %v", len(turns), err)
	}
	turns = nil
	slow := measure.Runner{Name: "slow", Run: func() (float64, error) {
		turns = append(turns, "slow")
		time.Sleep(30 * time.Millisecond)
		return 1, nil
	}}
	if _, err := measure.Race(2, 100*time.Millisecond, []measure.Runner{slow}); err != nil || len(turns) < 3 || len(turns) > 4 {
		t.Errorf("%d rounds of 30 ms in 100, %v", len(turns), err)
	}
}

func TestRaceEndsWithAnError(t *testing.T) {
	cause := errors.New("the cause")
	var turns []string
	_, err := measure.Race(3, 0, []measure.Runner{script("ours", &turns, 1), {Name: "peer", Run: func() (float64, error) { return 0, cause }}})
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "peer") || len(turns) != 1 {
		t.Errorf("%v after %v", err, turns)
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	err := measure.Table(&b, []measure.Result{
		{"replay B", 310.4567, 1864, "busybox tar", "ms", 0.16655, 0.3},
		{"replay C", 1.5, 1, "lz4", "ms", 1.5, 0.6},
		{"commit", 123456789, 3, "tar", "bytes", 2.5, 0},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(b.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"NAME OURS PEER UNIT RATIO BOUND PEER IS",
		"replay B 310.5 1864 ms 0.167 0.3 ok busybox tar",
		"replay C 1.5 1 ms 1.500 0.6 over lz4",
		"commit 123456789 3 bytes 2.500 tar",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What others read are these names.
func TestWriteJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	results := []measure.Result{{"a", 1, 2, "p", "ms", 0.5, 0.75}, {"b", 3, 4, "q", "MiB", 0.75, 0}}
	if err := measure.WriteJSON(file, results); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b, &got); err != nil || len(got) != 2 {
		t.Fatalf("%v: %s", err, b)
	}
	for name, want := range map[string]any{"name": "a", "ours": 1.0, "peer": 2.0, "peer_name": "p", "unit": "ms", "ratio": 0.5, "bound": 0.75} {
		if got[0][name] != want {
			t.Errorf("%s is %v, want %v", name, got[0][name], want)
		}
	}
	if _, there := got[1]["bound"]; there || len(got[0]) != 7 {
		t.Errorf("other names: %s", b)
	}

	if err := measure.WriteJSON(file, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(b)) != "[]" {
		t.Errorf("no results: %q, %v", b, err)
	}
	if err := measure.WriteJSON(file, []measure.Result{{Ratio: math.Inf(1)}}); err == nil {
		t.Error("an infinite ratio was written")
	}
	if err := measure.WriteJSON(filepath.Join(file, "x"), results); err == nil {
		t.Error("it was written below a file")
	}
}
