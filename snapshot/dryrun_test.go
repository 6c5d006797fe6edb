package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command that writes does in a dry run what it would do, says so, and leaves
// no trace: the run after it does exactly the same.
func TestDryRun(t *testing.T) {
	i := newImage(t, 2<<20)
	one, two := i.upper("etc/a", "1"), i.upper("etc/b", "2")
	for _, step := range [][]string{
		{"config", "--upper", one},
		{"push", "--label", "first"},
		{"config", "--upper", two, "--label", "again"},
		{"config", "--upper", one},
		{"push", "--try=2"},
		{"confirm", "--force"},
		{"rollback"},
		{"rollback", "--undo"},
		{"compact"},
		{"reset", "--yes"},
		{"rollback", "--undo"},
		{"reset", "--erase", "--yes"},
	} {
		sum := i.sum()
		dry := i.must(append(step, "--dry-run")...)
		if i.sum() != sum {
			t.Fatalf("%q --dry-run has changed the image", step)
		}
		body, ok := strings.CutPrefix(dry, "Dry run, nothing is written:\n")
		body, work, end := strings.Cut(body, "The flash would ")
		if !ok || !end || !strings.Contains(work, "programmed.\n") {
			t.Fatalf("%q --dry-run says %q", step, dry)
		}
		if out := i.must(step...); out != body {
			t.Errorf("%q says %q, and as a dry run %q", step, out, body)
		}
		if i.sum() == sum {
			t.Errorf("%q has changed nothing", step)
		}
	}
}

// What would be refused is refused in a dry run, with the same words.
func TestDryRunRefuses(t *testing.T) {
	i := newImage(t, 128<<10)
	for _, step := range [][]string{
		{"rollback", "3"},
		{"confirm"},
		{"config", "--upper", "/nowhere"},
	} {
		_, errs, code := i.run(step...)
		_, dry, dryCode := i.run(append(step, "--dry-run")...)
		// It says nothing of what becomes of the flash.
		if code == 0 || dryCode != code || !strings.HasPrefix(errs, strings.TrimSpace(dry)) {
			t.Errorf("%q: exit %d, %q; as a dry run %d, %q", step, code, errs, dryCode, dry)
		}
	}
}

// An image that nobody may write to is enough for a dry run.
func TestDryRunOfReadOnlyImage(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("config", "--upper", i.upper("etc/a", "1"))
	must(t, os.Chmod(i.path, 0o444))
	if out := i.must("push", "--dry-run"); !strings.Contains(out, "0 erases") {
		t.Errorf("a push takes %q", out)
	}
	if left, _ := filepath.Glob(i.dir + "/*"); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}
