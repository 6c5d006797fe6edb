package main

import (
	"io"
	"strings"
	"unicode"
)

// outputTail keeps the end of an output, at most checkOutput bytes.
type outputTail struct{ b []byte }

// readFrom reads to the end, or to an error such as a deadline: what came until
// then counts.
func (t *outputTail) readFrom(r io.Reader) {
	buf := make([]byte, checkOutput)
	for {
		n, err := r.Read(buf)
		t.b = append(t.b, buf[:n]...)
		t.b = t.b[max(len(t.b)-checkOutput, 0):]
		if err != nil {
			return
		}
	}
}

// String returns what is kept as lines for any terminal: without control
// characters.
func (t *outputTail) String() string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(t.b), "?"))
}

// lastLines returns the last lines of an output that are not blank, n at most.
func lastLines(output string, n int) []string {
	var lines []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(len(lines)-n, 0):]
}
