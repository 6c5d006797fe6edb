package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal returns both ends of a pseudoterminal.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("needs pseudoterminals: ", err)
	}
	t.Cleanup(func() { person.Close() })
	must(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetUint32(int(person.Fd()), unix.TIOCGPTN)
	must(t, err)
	program, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { program.Close() })
	return person, program
}

func TestTerminal(t *testing.T) {
	person, program := terminal(t)
	if !isTerminal(program) || isTerminal(&bytes.Buffer{}) || isTerminal(os.NewFile(^uintptr(0), "none")) {
		t.Error("a terminal is not told from what is none")
	}
	must(t, unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 20, Col: 61}))
	if got := width(program); got != 61 {
		t.Errorf("it is %d wide", got)
	}
	if got := width(io.Discard); got != 80 {
		t.Errorf("what is no terminal is %d wide", got)
	}
	for _, c := range []struct {
		name string
		out  io.Writer
		env  map[string]string
		want string
	}{
		{"terminal", program, nil, "\x1b[31mx\x1b[0m"},
		{"NO_COLOR", program, map[string]string{"NO_COLOR": "1"}, "x"},
		{"dumb", program, map[string]string{"TERM": "dumb"}, "x"},
		{"pipe", io.Discard, nil, "x"},
	} {
		app := &cli{out: c.out, env: func(name string) string { return c.env[name] }}
		if got := app.paint("x", red); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A command that takes its time tells what it does, in one line that is gone when
// the command says something, and at its end.
func TestProgress(t *testing.T) {
	var screen bytes.Buffer
	p := &progress{w: &screen}
	start := time.Now()
	out := &clearing{p, &screen}
	p.draw(start)
	if screen.Len() > 0 {
		t.Errorf("with nothing done it says %q", screen.String())
	}
	p.did("reading flash", 3000)
	p.did("reading flash", 1000)
	p.draw(p.since.Add(2 * time.Second))
	if got := screen.String(); got != eraseLine+"reading flash: 4000 bytes, 2000 bytes/s" {
		t.Errorf("%q", got)
	}
	screen.Reset()
	fmt.Fprintln(out, "Saved.")
	fmt.Fprintln(out, "Done.")
	if got := screen.String(); got != eraseLine+"Saved.\nDone.\n" {
		t.Errorf("%q", got)
	}
	screen.Reset()
	p.draw(start.Add(time.Hour)) // nothing moves
	if screen.Len() > 0 {
		t.Errorf("%q", screen.String())
	}
	p.did("writing to flash", 20<<20)
	p.draw(p.since.Add(10 * time.Second))
	if got := screen.String(); got != eraseLine+"writing to flash: 20 MiB, 2048 KiB/s" {
		t.Errorf("%q", got)
	}
}

// A pipe sees nothing of it, and a terminal only what takes half a second.
func TestProgressOfCommands(t *testing.T) {
	person, program := terminal(t)
	i := newImage(t, 1<<20)
	c := &cli{out: io.Discard, errs: program, root: "/nowhere"}
	if code := c.main([]string{"--device", i.path, "config", "--upper", i.upper("etc/a", "1")}); code != 0 {
		t.Errorf("exit %d", code)
	}
	if c.progress == nil {
		t.Fatal("nobody watches a command at a terminal")
	}
	slow := &progress{w: program, stop: make(chan struct{}), stopped: make(chan struct{})}
	go slow.run(time.Millisecond, time.Millisecond)
	from := slow.reader("receiving", strings.NewReader("some bytes"))
	if b, err := io.ReadAll(from); err != nil || string(b) != "some bytes" {
		t.Errorf("%q, %v", b, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		slow.mu.Lock()
		drawn := slow.drawn
		slow.mu.Unlock()
		if drawn || time.Now().After(deadline) {
			break
		}
	}
	slow.end()
	fmt.Fprint(program, "end")
	shown, b := "", make([]byte, 4096)
	for !strings.HasSuffix(shown, "end") { // a read returns what is there
		n, err := person.Read(b)
		must(t, err)
		shown += string(b[:n])
	}
	if !strings.HasPrefix(shown, eraseLine+"receiving: 10 bytes, ") || !strings.HasSuffix(shown, eraseLine+"end") {
		t.Errorf("the terminal shows %q", shown)
	}
	if _, errs, _ := i.run("config", "--upper", i.upper("etc/a", "2")); errs != "" {
		t.Errorf("a pipe gets %q", errs)
	}
	var none *progress
	none.did("nothing", 1)
	none.end()
}
