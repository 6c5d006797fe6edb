package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"chainroot/chain"
)

const (
	mapLines   = 16 // that the picture takes at the most
	mapColumns = 64 // erase blocks in a line, at the most
	mapOffset  = 10 // columns in front of a line, for the number of its first block
)

// printMap draws a map in characters.
func (c *cli) printMap(m *flashMap) error {
	columns := min(max((width(c.out)-mapOffset)/8*8, 8), mapColumns)
	each := (m.Blocks + columns*mapLines - 1) / (columns * mapLines)
	shown := "a character for each"
	if each > 1 {
		shown = fmt.Sprintf("a character for %d of them", each)
	}
	fmt.Fprintf(c.out, "%s: %s of %d bytes, %s\n\n", escaped(m.Device), count(m.Blocks, "erase block", "erase blocks"), m.EraseSize, shown)
	cells := m.shrunk(each)
	for from := 0; from < len(cells); from += columns {
		fmt.Fprintf(c.out, "%*d  ", mapOffset-2, from*each)
		row := cells[from:min(from+columns, len(cells))]
		for len(row) > 0 {
			n := 1
			for n < len(row) && row[n] == row[0] {
				n++
			}
			u := &m.Uses[row[0]]
			fmt.Fprint(c.out, c.tint(strings.Repeat(u.symbol(), n), u.use))
			row = row[n:]
		}
		fmt.Fprintln(c.out)
	}
	fmt.Fprintln(c.out)
	return c.printLegend(m)
}

// printLegend says what the characters mean.
func (c *cli) printLegend(m *flashMap) error {
	names, longest := make([]string, len(m.Uses)), 0
	for i := range m.Uses {
		names[i] = m.Uses[i].name()
		longest = max(longest, utf8.RuneCountInString(names[i]))
	}
	for i, u := range m.Uses {
		if _, err := fmt.Fprintf(c.out, "%s  %s  %6d %-6s  %12d bytes\n", c.tint(u.symbol(), u.use), padded(names[i], longest), u.Blocks, noun(u.Blocks, "block", "blocks"), u.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// shrunk returns a use for each so many blocks: that of the most of them, but free
// only if all are.
func (m *flashMap) shrunk(each int) (cells []int) {
	for from := 0; from < len(m.cells); from += each {
		most, of := m.cells[from], map[int]int{}
		for _, use := range m.cells[from:min(from+each, len(m.cells))] {
			of[use]++
			if m.Uses[use].use.Kind != chain.UseFree && (m.Uses[most].use.Kind == chain.UseFree || of[use] > of[most]) {
				most = use
			}
		}
		cells = append(cells, most)
	}
	return cells
}

// symbol is the character of a use.
func (u *mapUse) symbol() string {
	const digits = "123456789abcdefghijklmnopqrstuvwxyz"
	switch u.use.Kind {
	case chain.UseFree:
		return "."
	case chain.UseBack:
		return "B"
	case chain.UseRolledBack:
		return "R"
	case chain.UseBad:
		return "X"
	}
	if u.use.Volatile {
		return "V"
	}
	n := (u.use.Number - 1) % len(digits)
	return digits[n : n+1]
}

// tint gives a text the colour of a use.
func (c *cli) tint(text string, u chain.Use) string {
	switch u.Kind {
	case chain.UseBad:
		return c.paint(text, red)
	case chain.UseBack:
		return c.paint(text, bold)
	case chain.UseEntry:
		if u.Volatile {
			return c.paint(text, yellow)
		}
		return c.paint(text, [...]colour{green, blue, magenta, cyan}[(u.Number-1)%4])
	}
	return text
}
