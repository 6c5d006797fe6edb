//go:build amd64 || arm64

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/inject"
	"chainroot/mount"
)

// aside runs f on another thread, whose system calls do not fail, and are
// faster.
func aside(t testing.TB, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() { done <- f() }()
	must(t, <-done)
}

// bench is an image on which commands fail.
type bench struct {
	*image
	thread   *inject.Thread
	root     string              // of the running system
	flags    []string            // of every command
	next     []string            // a command that goes on from any state
	known    map[[32]byte]string // what images show that were looked at
	failures map[string]int      // by system call
	survived map[string]int      // of those, where the command did well all the same
}

// start takes hold of the thread of the test, but for some calls.
func (b *bench) start(except ...string) {
	b.t.Helper()
	b.known, b.failures, b.survived = map[[32]byte]string{}, map[string]int{}, map[string]int{}
	var err error
	b.thread, err = inject.NewThread(except...)
	must(b.t, err)
}

// newBench returns one with an empty image in RAM.
func newBench(t *testing.T, except ...string) *bench {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it filters system calls")
	}
	b := &bench{image: &image{t: t, dir: inRAM(t)}, root: "/nowhere"}
	b.path = filepath.Join(b.dir, "image")
	b.flags = []string{"--device", b.path, "--erase-size", "4096", "--write-size", "512"}
	b.next = []string{"config", "--upper", b.upper("next")}
	must(t, os.WriteFile(b.path, bytes.Repeat([]byte{0xFF}, 64*4096), 0o600))
	b.start(except...)
	return b
}

// inRAM returns a directory that every thread sees, where a sync takes no time.
func inRAM(t testing.TB) string {
	t.Helper()
	root, err := mount.Scratch(64 << 20)
	must(t, err)
	t.Cleanup(func() { root.Close() })
	return fmt.Sprint("/proc/self/fd/", root.Fd())
}

// upper makes an upper directory with what takes all kinds of system calls to
// pack.
func (b *bench) upper(name string) string {
	b.t.Helper()
	dir := filepath.Join(b.dir, "upper", name)
	aside(b.t, func() error {
		return errors.Join(os.MkdirAll(filepath.Join(dir, "etc"), 0o755),
			os.WriteFile(filepath.Join(dir, "etc/name"), []byte(name), 0o644),
			os.WriteFile(filepath.Join(dir, "noise"), noise(6000), 0o644),
			os.WriteFile(filepath.Join(dir, "holes"), nil, 0o644),
			os.Truncate(filepath.Join(dir, "holes"), 300<<10),
			os.Symlink(name, filepath.Join(dir, "link")),
			unix.Lsetxattr(filepath.Join(dir, "link"), "trusted.name", []byte(name), 0),
			unix.Mknod(filepath.Join(dir, "etc/gone"), unix.S_IFCHR, 0))
	})
	return dir
}

// command runs the program in the thread whose calls fail.
func (b *bench) command(args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	c := &cli{out: &o, errs: &e, root: b.root, now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	code = c.main(append(slices.Clone(b.flags), args...))
	return o.String(), e.String(), code
}

// run runs a command that must succeed.
func (b *bench) run(args ...string) {
	b.t.Helper()
	if _, errs, code := b.command(args...); code != 0 {
		b.t.Fatalf("%s: exit %d: %s", args[0], code, errs)
	}
}

// shows returns what a boot shows: of each entry its kind and what it holds.
func (b *bench) shows() (state string) {
	b.t.Helper()
	aside(b.t, func() error {
		dev, err := chain.OpenFlash(b.path, &flash.Options{ReadOnly: true})
		if err != nil {
			return err
		}
		defer dev.Close()
		c, err := chain.Open(dev)
		if err != nil {
			return err
		}
		if err := c.Check(); err != nil || len(c.Damage()) > 0 {
			return fmt.Errorf("check: %v, damage: %v", err, c.Damage())
		}
		for _, e := range c.Entries() {
			state += fmt.Sprintf("%s %x; ", e.Name(), e.Table[:4])
		}
		return nil
	})
	return state
}

func descriptors(t testing.TB) (n int) {
	t.Helper()
	aside(t, func() error {
		entries, err := os.ReadDir("/proc/self/fd")
		n = len(entries)
		return err
	})
	return n
}

// once runs a command with a failure on the image as it was before, and reports
// whether it came to that. It shows the state before or the one after.
func (b *bench) once(f inject.Failure, image []byte, before, after string, args ...string) bool {
	b.t.Helper()
	aside(b.t, func() error { return os.WriteFile(b.path, image, 0o600) })
	open := descriptors(b.t)
	var errs string
	var code int
	call := b.thread.Fail(f, func() { _, errs, code = b.command(args...) })
	where := fmt.Sprintf("%s: %+v in %s: exit %d, %q", args[0], f, call, code, errs)
	if n := descriptors(b.t); n != open {
		b.t.Errorf("%s: %d descriptors are open, %d before", where, n, open)
	}
	between := before // a push is a config first
	if i := strings.LastIndex(after, "snapshot"); args[0] == "push" {
		between = after[:i] + "the volatile entry" + after[i+len("snapshot 1"):]
	}
	sum := b.sum()
	state, known := b.known[sum]
	if !known {
		state = b.shows()
		b.known[sum] = state
	}
	switch {
	case code == 0 && (state != after || errs != "" && call == ""):
		b.t.Errorf("%s: it shows %q, want %q", where, state, after)
	case call == "" && code != 0:
		b.t.Errorf("nothing failed, but %s", where)
	case code != 0 && state != before && state != after && state != between:
		b.t.Errorf("%s: it shows %q, want %q or %q", where, state, before, after)
	case code != 0 && !sentence(errs, f):
		b.t.Errorf("%s: not one sentence", where)
	}
	if call == "" {
		return false
	}
	b.failures[call]++
	if code == 0 {
		b.survived[call]++
	}
	if known {
		return true
	}
	if _, errs, code := b.command(b.next...); code != 0 {
		b.t.Errorf("%s, then config: exit %d, %s", where, code, errs)
	}
	if now := b.shows(); !strings.HasPrefix(now, strings.Split(state, "the volatile")[0]) || len(b.next) > 1 && now == state {
		b.t.Errorf("%s, then config: it shows %q, before that %q", where, now, state)
	}
	return true
}

// sentence reports whether what a command said is one line, which says what
// cannot be done; where a device is broken for good, lines about damage may come
// before it.
func sentence(errs string, f inject.Failure) bool {
	lines := strings.Split(errs, "\n")
	last := len(lines) - 1
	return lines[last] == "" && (last == 1 || last > 1 && f.Stays) && !strings.Contains(errs, "panic") &&
		!slices.ContainsFunc(lines[:last], func(line string) bool { return !strings.HasPrefix(line, "snapshot: ") })
}

// tell runs commands, each with failures first: of the calls that count, each
// one in stride.
func (b *bench) tell(f inject.Failure, stride int, args ...string) {
	b.t.Helper()
	image, err := os.ReadFile(b.path)
	must(b.t, err)
	before := b.shows()
	b.run(args...)
	done, err := os.ReadFile(b.path)
	must(b.t, err)
	after := b.shows()
	for f.Nth = 1; b.once(f, image, before, after, args...); f.Nth += stride {
	}
	must(b.t, os.WriteFile(b.path, done, 0o600))
}

// midway lets a config fail when its entry is committed in the back buffer, and
// two blocks of what stood at its home are erased.
func (b *bench) midway(name string) {
	b.t.Helper()
	before, upper := b.shows(), b.upper(name)
	image, err := os.ReadFile(b.path)
	must(b.t, err)
	config := func(writes int) {
		must(b.t, os.WriteFile(b.path, image, 0o600))
		f := inject.Failure{Nth: writes + 1, Errno: unix.EIO, Stays: true, Calls: []string{"pwrite64"}}
		if call := b.thread.Fail(f, func() { b.command("config", "--upper", upper) }); call == "" {
			b.t.Fatal("nothing failed")
		}
	}
	writes := 0
	for ; b.shows() == before; writes++ {
		config(writes)
	}
	config(writes + 2)
}

func (b *bench) counts(least int) {
	b.t.Helper()
	total := 0
	for _, n := range b.failures {
		total += n
	}
	b.t.Logf("failures injected: %d %v, of which did no harm: %v", total, b.failures, b.survived)
	if total < least {
		b.t.Errorf("only %d failures", total)
	}
}
