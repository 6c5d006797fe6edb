package main

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquoted takes back what a Go string needs and a terminal does not.
var unquoted = strings.NewReplacer(`\\`, `\`, `\"`, `"`)

// escaped returns text that another has chosen, such as a label or a reason, as a
// terminal and a picture can show it, in one line: what does not print, or turns the
// direction of writing, is escaped as in Go. What is escaped already stays so.
func escaped(text string) string {
	q := strconv.Quote(text)
	return unquoted.Replace(q[1 : len(q)-1])
}

// escapedLines returns text of several lines, each of them escaped.
func escapedLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = escaped(lines[i])
	}
	return strings.Join(lines, "\n")
}

// printable returns the name of a file as lists have it: a Go string in quotes where
// that is another text, so that no two names look the same.
func printable(name string) string {
	if q := strconv.Quote(name); q[1:len(q)-1] != name {
		return q
	}
	return name
}

// quoted returns a label in brackets, or nothing.
func quoted(label string) string {
	if label == "" {
		return ""
	}
	return " (" + escaped(label) + ")"
}

// clip returns text in n characters at the most.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
