package main

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// padded returns text with spaces behind it, in width characters at least.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
}

// printTable prints rows with as many cells each, in columns.
func printTable(out io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text []byte
	for _, row := range rows {
		for i, cell := range row {
			text = append(append(text, padded(cell, widths[i])...), "  "...)
		}
		text = append(bytes.TrimRight(text, " "), '\n')
	}
	_, err := out.Write(text)
	return err
}
