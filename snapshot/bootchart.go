package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// printBoot draws the chart of a boot in characters.
func (c *cli) printBoot(t *bootTimes) error {
	total, names, times, shares := width(c.out), 0, 0, 0
	for _, b := range t.bars {
		names = max(names, utf8.RuneCountInString(b.label()))
		times = max(times, len(millisecondsText(b.took)))
		shares = max(shares, len(t.share(b.took)))
	}
	names = min(names, max(total*2/5, 12))
	room := max(total-names-times-shares-3*len("  ")-1, 8)
	if _, err := fmt.Fprintf(c.out, "%s\n\n", t.title()); err != nil {
		return err
	}
	for _, b := range t.bars {
		name := padded(clip(b.label(), names), names)
		bar := c.paint(c.bar(b.took, t.longest(), room), b.colour())
		if b.took == 0 {
			bar = ""
		}
		if _, err := fmt.Fprintln(c.out, strings.TrimRight(fmt.Sprintf("%s  %*s  %*s  %s", name, times, millisecondsText(b.took), shares, t.share(b.took), bar), " ")); err != nil {
			return err
		}
	}
	return nil
}

// label is the name of a bar, as it stands in front of it.
func (b *bootBar) label() string {
	if b.entry {
		return "  " + b.name
	}
	return b.name
}

func (b *bootBar) colour() colour {
	if b.entry {
		return blue
	}
	return green
}

// bar returns a bar of a length in proportion, at most room characters; in eighths
// of one where the terminal shows such. What takes any time can be seen.
func (c *cli) bar(took, longest int64, room int) string {
	if !c.unicode() {
		n := int(float64(took)/float64(longest)*float64(room) + 0.5)
		return strings.Repeat("#", min(max(n, 1), room))
	}
	n := min(max(int(float64(took)/float64(longest)*float64(room*8)+0.5), 1), room*8)
	bar := strings.Repeat("█", n/8)
	if n%8 > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[n%8-1])
	}
	return bar
}
