package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The limit on messages is lifted once, before the kernel would drop one.
func TestManyMessages(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kmsg")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var at []int
	l := &logger{path: file}
	l.many = func() {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, strings.Count(string(b), "\n"))
	}
	l.infof("early")
	if err := l.start(); err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		l.infof("%d", n)
	}
	if len(at) != 1 || at[0] < 2 || at[0] > 9 {
		t.Errorf("lifted behind %v messages", at)
	}
}

func TestLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kmsg")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := &logger{path: file}
	l.warnf("before %d", 1)
	l.debugf("silent")
	if err := l.start(); err != nil {
		t.Fatal(err)
	}
	l.errorf("escape \x1b[2J, line\nbreak, \u0080 and \xff")
	l.infof("%s", strings.Repeat("\xff", 2000))
	l.debug = true
	l.debugf("loud")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("got %d lines: %q", len(lines), lines)
	}
	for i, want := range []string{"<4>preinit: before 1", "<3>preinit: escape ?[2J, line?break, ? and \ufffd", "", "<6>preinit: loud"} {
		if want != "" && lines[i] != want {
			t.Errorf("got %q, want %q", lines[i], want)
		}
	}
	if n := len(lines[2]); n > 976 { // LOG_LINE_MAX of older kernels
		t.Errorf("a message has %d bytes", n)
	}
}
