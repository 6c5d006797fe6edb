package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mutant is package chain with a mistake in it.
type mutant struct {
	name  string
	edits []edit

	// What has to catch it: the campaign on one flash, or tests of package
	// chain, where no cut shows it.
	flash string
	tests string

	endless bool // it makes something go on for ever
}

// edit replaces the only place in a file of package chain where a text stands.
type edit struct{ file, old, new string }

// TestMutants puts mistakes into package chain, one at a time, and expects that
// each is caught: those that have lost configurations elsewhere, and more of
// our own. The same checks pass without them.
func TestMutants(t *testing.T) {
	list := mutants
	if testing.Short() {
		list = list[:3]
	}
	took := map[string]time.Duration{}
	control := &mutant{name: "control"}
	for i := range list {
		took[list[i].flash+list[i].tests] = 0
	}
	campaign, tests := filepath.Join(t.TempDir(), "powercut"), filepath.Join(t.TempDir(), "chain.test")
	control.build(t, campaign, ".")
	control.build(t, tests, "..")
	for i := range list {
		m := &list[i]
		check := m.flash + m.tests
		if took[check] > 0 {
			continue
		}
		start := time.Now()
		program := campaign
		if m.flash == "" {
			program = tests
		}
		if caught, err := m.run(program, patience); caught != "" || err != nil {
			t.Fatalf("without a mutant, %s fails: %s %v", check, caught, err)
		}
		took[check] = time.Since(start)
	}
	caught := make([]string, len(list))
	t.Run("each", func(t *testing.T) {
		for i := range list {
			t.Run(list[i].name, func(t *testing.T) {
				t.Parallel()
				m := &list[i]
				program, of := filepath.Join(t.TempDir(), "mutant"), "."
				if m.flash == "" {
					of = ".."
				}
				m.build(t, program, of)
				limit := patience
				if m.endless {
					limit = 5*time.Second + 5*took[m.flash+m.tests]
				}
				var err error
				if caught[i], err = m.run(program, limit); err != nil {
					t.Fatal(err)
				}
				if caught[i] == "" {
					t.Errorf("it survives %s", m.flash+m.tests)
				}
			})
		}
	})
	for i, m := range list {
		t.Logf("%s | %s", m.name, caught[i])
	}
}

// patience is how long a check may take on a host that has other things to do.
const patience = 3 * time.Minute

// build builds the campaign, or the tests of package chain, with the mutant.
func (m *mutant) build(t *testing.T, program, of string) {
	t.Helper()
	dir := t.TempDir()
	text := map[string]string{} // by path
	for _, e := range m.edits {
		path, err := filepath.Abs(filepath.Join("..", e.file))
		if err != nil {
			t.Fatal(err)
		}
		if text[path] == "" {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text[path] = string(b)
		}
		if n := strings.Count(text[path], e.old); n != 1 {
			t.Fatalf("%s has %d places that read %q, want one", e.file, n, e.old)
		}
		text[path] = strings.Replace(text[path], e.old, e.new, 1)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, s := range text {
		mutated := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(mutated, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[path] = mutated
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"build"}
	if of != "." {
		args = []string{"test", "-c", "-vet=off"}
	}
	args = append(args, "-overlay", file, "-ldflags=-s -w", "-o", program, of)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("cannot build %q: %v\n%s", m.name, err, out)
	}
}

// run runs what has to catch the mutant, and returns what has caught it; that
// is empty when nothing has. The error says that the run proves nothing.
func (m *mutant) run(program string, limit time.Duration) (caught string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-first", "-flash", m.flash)
	if m.flash == "" {
		cmd = exec.CommandContext(ctx, program, "-test.short", "-test.failfast", "-test.run", m.tests)
		cmd.Dir = ".."
	}
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil && m.endless:
		return fmt.Sprintf("the run does not end, not in %.0f s", limit.Seconds()), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("it has not ended after %s", limit)
	case !errors.As(err, &failed):
		return "", err
	}
	if caught = m.verdict(string(out)); caught == "" {
		return "", fmt.Errorf("%w, and it does not say why:\n%s", err, out)
	}
	return caught, nil
}

var (
	violated = regexp.MustCompile(`(?m)^(lost|mixed|flipped|broken): .*$`)
	failing  = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	crashed  = regexp.MustCompile(`(?m)^panic: .*$`)
)

// verdict returns the line of out that says what has caught the mutant.
func (m *mutant) verdict(out string) string {
	if m.flash == "" {
		if name := failing.FindStringSubmatch(out); name != nil {
			return name[1]
		}
	} else if line := violated.FindString(out); line != "" {
		return short(line)
	}
	return short(crashed.FindString(out))
}

// short leaves out the middle of a long line.
func short(line string) string {
	const head, tail = 60, 150
	if len(line) <= head+tail {
		return line
	}
	return line[:head] + " … " + line[len(line)-tail:]
}
