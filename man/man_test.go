package man_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of the pages anew")

var (
	marked  = regexp.MustCompile(`(?s)\.\\" begin (\S+)\n(.*?)\.\\" end (\S+)\n`)
	codeRow = regexp.MustCompile(`(?m)^  (\d+) +(.*)$`)
)

// pages are all there are.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	entries, err := os.ReadDir(".")
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".8") || strings.HasSuffix(e.Name(), ".5") {
			found = append(found, e.Name())
		}
	}
	return found
}

// TestPages compares what is generated with what stands in the pages.
func TestPages(t *testing.T) {
	made := generated(t)
	for _, name := range pages(t) {
		want, old := made[name], read(t, name)
		seen := map[string]bool{}
		now := marked.ReplaceAllStringFunc(old, func(part string) string {
			m := marked.FindStringSubmatch(part)
			text, ok := want[m[1]]
			if !ok || m[1] != m[3] || seen[m[1]] {
				t.Errorf("%s: nothing is generated for %s, or it ends as %s, or stands there twice", name, m[1], m[3])
				return part
			}
			seen[m[1]] = true
			return fmt.Sprintf(".\\\" begin %s\n%s.\\\" end %s\n", m[1], text, m[1])
		})
		if len(seen) != len(want) {
			t.Errorf("%s has %d of %d parts: %v", name, len(seen), len(want), seen)
		}
		if now == old {
			continue
		}
		if *update {
			must(t, os.WriteFile(name, []byte(now), 0o644))
			continue
		}
		t.Errorf("%s is not what it tells of any more: `go test ./man -update` writes it anew\n%s", name, difference(old, now))
	}
	if len(made) != len(pages(t)) {
		t.Errorf("there are the pages %s", pages(t))
	}
}

// difference shows the first lines that differ.
func difference(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is\n  %s\nnot\n  %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("there are %d lines, not %d", len(a), len(b))
}

// mandoc returns what mandoc(1) prints.
func mandoc(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip(err)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

func TestLint(t *testing.T) {
	for _, name := range pages(t) {
		if out, err := mandoc(t, "-T", "lint", "-W", "warning", name); err != nil || out != "" {
			t.Errorf("%v:\n%s", err, out)
		}
	}
	// Nobody has written a page that it has nothing to say of.
	bad := t.TempDir() + "/bad.8"
	must(t, os.WriteFile(bad, []byte(".Dd March 1, 2026\n.Dt BAD 8\n.Os\n.Sh NAME\n.Nm bad\n.Sh DESCRIPTION\n.Bl -tag\n.Nonsense\n"), 0o644))
	if out, err := mandoc(t, "-T", "lint", "-W", "warning", bad); err == nil || out == "" {
		t.Error("a page with mistakes is none to mandoc")
	}
}

var overstruck = regexp.MustCompile(`.\x08`)

// plain renders a page as text.
func plain(t *testing.T, name string) string {
	t.Helper()
	out, err := mandoc(t, "-T", "utf8", "-O", "width=78", name)
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return overstruck.ReplaceAllString(out, "")
}

// TestPagesRender reads the pages as a person does.
func TestPagesRender(t *testing.T) {
	for _, c := range []struct {
		page string
		says []string
	}{
		{"snapshot.8", []string{"config [--label TEXT]", "--confirm-within TIME", "/etc/snapshot/exclude", "/etc/snapshot/health.d", "NO_COLOR", "EXIT STATUS", "guest network",
			"1  snapshot 1 (first light)", "kernel", "preinit(8)", "chainroot(5)"}},
		{"preinit.8", []string{"snapshot.rollback=N", "snapshot.watchdog=SECONDS", "PARTLABEL=", "/snapshot/boot.json", "rdinit=/preinit", "snapshot(8)"}},
		{"chainroot.5", []string{"The header", "43 48 41 49 4e 52 54 0a", "52 45 43 31", "GNU.sparse.major", "Repair", "snapshot(8)"}},
	} {
		text := plain(t, c.page)
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", c.page, want, text)
			}
		}
		for n, line := range strings.Split(text, "\n") {
			if strings.Contains(line, `\f`) {
				t.Errorf("%s, line %d: a mark is left: %s", c.page, n+1, line)
			}
		}
	}
}

// TestFormatIsInThePage: every number, kind and flag of the tables of the format can be
// read in the page.
func TestFormatIsInThePage(t *testing.T) {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	text := squeeze(plain(t, "chainroot.5"))
	rows := 0
	for _, b := range markdown(read(t, "../chain/FORMAT.md")) {
		if b.kind != "table" {
			continue
		}
		_, wide := widths(b.rows)
		for _, r := range b.rows {
			rows++
			for i := range r {
				r[i] = squeeze(strings.NewReplacer("`", "", "*", "", "…", "...").Replace(r[i]))
				if !strings.Contains(text, r[i]) {
					t.Errorf("the page does not say %q", r[i])
				}
			}
			if start := strings.Join(r[:min(3, len(r))], " "); !wide && !strings.Contains(text, start) {
				t.Errorf("the page has no row %q", start)
			}
		}
	}
	if rows < 40 {
		t.Errorf("the format has %d rows of tables", rows)
	}
}

// TestParameters: each parameter that preinit reads is in its page.
func TestParameters(t *testing.T) {
	text := plain(t, "preinit.8")
	found := regexp.MustCompile(`(?m)^\t\tcase "([a-z.]+)":$`).FindAllStringSubmatch(read(t, "../preinit/parameters.go"), -1)
	if len(found) < 15 {
		t.Fatalf("preinit reads %d parameters", len(found))
	}
	for _, f := range found {
		if !regexp.MustCompile(`(?m)^ +` + regexp.QuoteMeta(f[1]) + `\b`).MatchString(text) {
			t.Errorf("the page does not name the parameter %s", f[1])
		}
	}
}

// TestFilesAreInThePage: those of a unit that the programs name in one piece.
func TestFilesAreInThePage(t *testing.T) {
	text := plain(t, "snapshot.8")
	sources, err := filepath.Glob("../snapshot/*.go")
	must(t, err)
	found := 0
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		for _, f := range regexp.MustCompile(`"(/etc/snapshot/[a-z.]+)"`).FindAllStringSubmatch(read(t, source), -1) {
			found++
			if !strings.Contains(text, f[1]) {
				t.Errorf("the page does not name %s, which %s does", f[1], source)
			}
		}
	}
	if found < 2 {
		t.Errorf("the program names %d files", found)
	}
}

// TestCommandsAreInThePage: those of the help, and no other.
func TestCommandsAreInThePage(t *testing.T) {
	s := build(t)
	names := commandNames(t, s.run("help"))
	page := read(t, "snapshot.8")
	var there []string
	for _, m := range regexp.MustCompile(`(?m)^\.It "?\\fB([a-z]+)\\fP`).FindAllStringSubmatch(marked.FindString(page[strings.Index(page, `.\" begin commands`):]), -1) {
		if s.has(m[1]) {
			there = append(there, m[1])
		}
	}
	sort.Strings(names)
	sort.Strings(there)
	if strings.Join(names, " ") != strings.Join(there, " ") {
		t.Errorf("the page has\n%s, the help\n%s", there, names)
	}
}

// has reports whether there is a command.
func (s *program) has(name string) bool { return exec.Command(s.path, "help", name).Run() == nil }
