package measure

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Table writes results to w, a line each, with ok or over where there is a bound.
func Table(w io.Writer, results []Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }
	line("NAME", "OURS", "PEER", "UNIT", "RATIO", "BOUND", "", "PEER IS")
	for _, r := range results {
		bound, verdict := "", ""
		if r.Bound != 0 {
			bound, verdict = strconv.FormatFloat(r.Bound, 'g', -1, 64), "ok"
			if r.Missed() {
				verdict = "over"
			}
		}
		line(r.Name, figure(r.Ours), figure(r.Peer), r.Unit, strconv.FormatFloat(r.Ratio, 'f', 3, 64), bound, verdict, r.PeerName)
	}
	return t.Flush()
}

// figure shows four digits of a figure, and all of one before the point.
func figure(v float64) string {
	decimals := 0
	for limit := 1000.0; decimals < 3 && v < limit; limit /= 10 {
		decimals++
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
