package qemu

import (
	"io"
	"strings"
	"testing"
	"time"
)

func TestExpect(t *testing.T) {
	out, machine := io.Pipe()
	c := NewConsole(out, io.Discard)
	go func() {
		for _, part := range []string{"one\r\ntw", "o\r\nthree\r\n", "two\r\n"} {
			io.WriteString(machine, part)
			time.Sleep(time.Millisecond)
		}
	}()
	for _, pattern := range []string{"one\n", "t.o", "t.o"} { // across reads; each place only once
		if _, err := c.Expect(pattern, 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Expect("two", 10*time.Millisecond); err == nil || !strings.Contains(err.Error(), "within") {
		t.Errorf("matched once too often: %v", err)
	}
	machine.Close()
	if _, err := c.Expect("four", 5*time.Second); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("at the end: %v", err)
	}
	if want := "one\ntwo\nthree\ntwo\n"; c.Text() != want {
		t.Errorf("text %q, want %q", c.Text(), want)
	}
}

// What was printed before the machine ended can still be expected.
func TestExpectAfterTheEnd(t *testing.T) {
	c := NewConsole(io.NopCloser(strings.NewReader("panic\n")), io.Discard)
	if _, err := c.Expect("panic", 5*time.Second); err != nil {
		t.Error(err)
	}
}
