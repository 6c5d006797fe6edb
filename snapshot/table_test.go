package main

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestPrintTable(t *testing.T) {
	for _, c := range []struct {
		name string
		rows [][]string
		want string
	}{
		{"a head alone", [][]string{{"A", "B"}}, "A  B\n"},
		{"columns", [][]string{{"A", "LONG", "C"}, {"wide", "1", "x"}}, "A     LONG  C\nwide  1     x\n"},
		{"an empty end", [][]string{{"A", "B", "C"}, {"1", "two", ""}}, "A  B    C\n1  two\n"},
		{"an empty start", [][]string{{"A", "B"}, {"", "1"}}, "A  B\n   1\n"},
		{"characters, not bytes", [][]string{{"äöü", "B"}, {"a", "1"}}, "äöü  B\na    1\n"},
	} {
		var b bytes.Buffer
		if err := printTable(&b, c.rows); err != nil || b.String() != c.want {
			t.Errorf("%s: %q, %v", c.name, b.String(), err)
		}
	}
	r, w := io.Pipe()
	r.Close()
	if err := printTable(w, [][]string{{"A"}}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("into nothing: %v", err)
	}
}
