package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newChecks makes a root directory with checks: name and shell script in turn.
func newChecks(t *testing.T, scripts ...string) (root string) {
	t.Helper()
	root = t.TempDir()
	must(t, os.Mkdir(filepath.Join(root, "snapshot"), 0o755)) // of a unit, for its log
	for i := 0; i < len(scripts); i += 2 {
		addCheck(t, root, scripts[i], scripts[i+1])
	}
	return root
}

// addCheck adds a script, in which $ROOT is the root directory.
func addCheck(t *testing.T, root, name, script string) {
	t.Helper()
	path := filepath.Join(root, healthPath, name)
	mkdir(t, filepath.Dir(path))
	must(t, os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\nROOT=%s\n%s\n", root, script), 0o755))
}

// note is a script that writes its name into a file.
const note = "echo ${0##*/} >> $ROOT/ran"

func ran(t *testing.T, root string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "ran"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(b)), " ")
}

func healthJSON(t *testing.T, root string, args ...string) (h health, code int) {
	t.Helper()
	out, errs, code := run(t, root, append([]string{"health", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &h); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	return h, code
}

func TestHealthOrder(t *testing.T) {
	root := newChecks(t, "required.d/20-b", note, "required.d/10-a.sh", note, "wanted.d/05-w", note,
		"required.d/.hidden", note, "required.d/30-x~", note, "required.d/30-x.dpkg-old", note, "required.d/30-x.swp", note,
		"required.d/30-x-opkg", note, "green.d/10-g", note, "red.d/10-r", note, "other.d/10-o", note)
	must(t, os.Rename(filepath.Join(root, healthPath, "required.d/20-b"), filepath.Join(root, "b")))
	must(t, os.Symlink(filepath.Join(root, "b"), filepath.Join(root, healthPath, "required.d/20-b")))
	out, errs, code := run(t, root, "health")
	if code != exitOK || errs != "" || !strings.HasSuffix(out, "healthy: 2 required checks passed.\n") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if got := ran(t, root); got != "10-a.sh 20-b 05-w 10-g" {
		t.Errorf("what ran: %s", got)
	}
	if !strings.Contains(out, "passed     0.0") || strings.Count(out, "\n") != 5 {
		t.Errorf("not a line with a time for each check:\n%s", out)
	}
}

// A dry run asks how the unit is, and does nothing about it.
func TestHealthDryRun(t *testing.T) {
	for _, c := range []struct {
		name, check string
		code        int
	}{{"healthy", note, exitOK}, {"unhealthy", note + "; false", exitUnhealthy}} {
		root := newChecks(t, "required.d/a", c.check, "wanted.d/b", note, "green.d/g", note, "red.d/r", note)
		if _, code := healthJSON(t, root, "--dry-run"); code != c.code || ran(t, root) != "a b" {
			t.Errorf("%s: exit %d, ran %s", c.name, code, ran(t, root))
		}
	}
}

func TestHealthUnhealthy(t *testing.T) {
	root := newChecks(t, "required.d/10-a", "echo first; echo; echo the gateway is away >&2; exit 3", "required.d/20-b", note,
		"required.d/30-c", "exit 4", "wanted.d/50-w", note, "green.d/10-g", note, "red.d/10-r", note+"; exit 1")
	out, errs, code := run(t, root, "health")
	if code != exitUnhealthy || errs != "snapshot: unhealthy: 10-a: the gateway is away\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"s  required.d/10-a: exit code 3\n    first\n    the gateway is away\n", "s  required.d/30-c: exit code 4\n", "\nwarning", "s  red.d/10-r: exit code 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if got := ran(t, root); got != "20-b 50-w 10-r" {
		t.Errorf("what ran: %s", got)
	}
}

func TestHealthWanted(t *testing.T) {
	root := newChecks(t, "required.d/10-a", "", "wanted.d/50-dns", "echo no answer; exit 1", "green.d/10-g", note+"; exit 7")
	h, code := healthJSON(t, root)
	if code != exitOK || !h.Healthy || h.Reason != "" || len(h.Checks) != 3 {
		t.Fatalf("exit %d: %+v", code, h)
	}
	for i, want := range []checkResult{
		{Check: "required.d/10-a", Result: "passed"},
		{Check: "wanted.d/50-dns", Result: "warning", Why: "exit code 1", Output: "no answer\n"},
		{Check: "green.d/10-g", Result: "warning", Why: "exit code 7"},
	} {
		got := h.Checks[i]
		got.Milliseconds = 0
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if out, _, _ := run(t, root, "health"); !strings.Contains(out, "healthy: 1 required check passed, not so wanted.d/50-dns, green.d/10-g.") {
		t.Error(out)
	}
	if h, code = healthJSON(t, newChecks(t, "required.d/10-a", "echo sorry; exit 1")); code != exitUnhealthy || h.Healthy || h.Reason != "10-a: sorry" {
		t.Errorf("exit %d: %+v", code, h)
	}
}

// TestHealthCannotRun: what cannot run fails, and the result says what to do.
func TestHealthCannotRun(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(path string) error
		want  string
	}{
		{"mode", func(p string) error { return os.Chmod(p, 0o644) }, "is not executable: chmod +x"},
		{"directory", func(p string) error { return os.Mkdir(p, 0o755) }, "is not a file"},
		{"pipe", func(p string) error { return unix.Mkfifo(p, 0o755) }, "is not a file"},
		{"broken link", func(p string) error { return os.Symlink("nowhere", p) }, "is a link to what is not there"},
		{"no first line", func(p string) error { return os.WriteFile(p, []byte("exit 0\n"), 0o755) }, "names no interpreter"},
		{"empty", func(p string) error { return os.WriteFile(p, nil, 0o755) }, "names no interpreter"},
		{"interpreter", func(p string) error { return os.WriteFile(p, []byte("#!/bin/nowhere\n"), 0o755) }, "is not there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for dir, code := range map[string]int{requiredDir: exitUnhealthy, wantedDir: exitOK} {
				root := newChecks(t, "required.d/10-a", "", dir+"/20-b", "")
				path := filepath.Join(root, healthPath, dir, "20-b")
				if test.name != "mode" {
					must(t, os.Remove(path))
				}
				must(t, test.spoil(path))
				h, got := healthJSON(t, root)
				if r := h.Checks[1]; got != code || r.Check != dir+"/20-b" || r.Result == checkPassed || !strings.Contains(r.Why, test.want) {
					t.Errorf("exit %d: %+v", got, h)
				}
			}
		})
	}
}

func TestHealthNothingToCheck(t *testing.T) {
	for name, scripts := range map[string][]string{
		"/etc/snapshot/health.d,":             nil,
		"check in /etc/snapshot/health.d/req": {"wanted.d/10-a", note, "red.d/10-r", note, "green.d/10-g", note},
		"check in /etc/snapshot/health.d":     {"required.d/10-a~", note, "required.d/.keep", note},
	} {
		root := newChecks(t, scripts...)
		for _, json := range []bool{false, true} {
			out, errs, code := run(t, root, "health", fmt.Sprint("--json=", json))
			if code != exitConfig || out != "" || !strings.HasPrefix(errs, "snapshot: there is no "+name) || strings.Count(errs, "\n") != 1 {
				t.Errorf("exit %d: %s%s", code, out, errs)
			}
		}
		if got := ran(t, root); got != "" {
			t.Errorf("what ran: %s", got)
		}
	}
}

// numbers returns those in a file; none if it is not there.
func numbers(t *testing.T, file string) (list []int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(b)) {
		n, err := strconv.Atoi(field)
		must(t, err)
		list = append(list, n)
	}
	return list
}

// gone waits until no process with a number in a file is left.
func gone(t *testing.T, file string) {
	t.Helper()
	pids := numbers(t, file)
	if len(pids) == 0 {
		t.Errorf("there is no number in %s", file)
	}
	for _, pid := range pids {
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if err != nil || strings.Contains(string(stat), ") Z ") { // an orphan that nobody reaps
				break
			}
			if time.Now().After(end) {
				unix.Kill(pid, unix.SIGKILL)
				t.Errorf("process %d still runs: %s", pid, stat)
				break
			}
		}
	}
}

// TestHealthHangs: nothing that a check does makes health hang, and nothing of its
// group is left.
func TestHealthHangs(t *testing.T) {
	const pids = "echo $$ >> $ROOT/pids; "
	const limit = 1500 * time.Millisecond
	for _, test := range []struct {
		name, script, result, why string
		least                     time.Duration
	}{
		{"sleeps", pids + "sleep 100", "failed", "took more than 1.5s", limit},
		{"busy", pids + "while :; do :; done", "failed", "took more than 1.5s", limit},
		{"prints", pids + "exec yes", "failed", "took more than 1.5s", limit},
		{"ignores SIGTERM", pids + "trap '' TERM; while :; do sleep 1; done", "failed", "took more than 1.5s", limit + checkGrace},
		{"ends well at SIGTERM", pids + "trap 'exit 0' TERM; while :; do :; done", "failed", "took more than 1.5s", limit},
		{"child holds the pipe", "sleep 100 & echo $! >> $ROOT/pids; exit 0", "passed", "", 0},
		{"child ignores SIGTERM", "(trap '' TERM; exec sleep 100) & echo $! >> $ROOT/pids; exit 5", "failed", "exit code 5", 0},
		{"child of one that hangs", "sleep 100 & echo $! >> $ROOT/pids; wait", "failed", "took more than 1.5s", limit},
		{"child left the group", "setsid sleep 100 & echo $! >> $ROOT/strays; sleep 0.3", "passed", "", checkEnd},
		{"killed", "kill -9 $$", "failed", "killed by signal 9 (killed)", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := newChecks(t, "required.d/10-a", "echo said\n"+test.script)
			start := time.Now()
			h, _ := healthJSON(t, root, "--timeout", limit.String())
			took := time.Since(start)
			if r := h.Checks[0]; r.Result != test.result || r.Why != test.why || took < test.least || took > test.least+20*time.Second {
				t.Errorf("%v: %+v", took, h)
			} else if test.name != "prints" && r.Output != "said\n" {
				t.Errorf("output: %q", r.Output)
			}
			if strings.Contains(test.script, "pids") {
				gone(t, filepath.Join(root, "pids"))
			}
			for _, pid := range numbers(t, filepath.Join(root, "strays")) {
				must(t, unix.Kill(pid, unix.SIGKILL))
			}
		})
	}
}

// TestHealthOutput: of a long output the end is kept, and none of what would
// change a terminal.
func TestHealthOutput(t *testing.T) {
	root := newChecks(t, "required.d/10-a", `i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; printf 'red \033[31m\tbell \007 \377\r\n  the last\n\n'; exit 1`)
	h, _ := healthJSON(t, root)
	got := h.Checks[0].Output
	if len(got) > checkOutput || len(got) < checkOutput-50 || !strings.HasSuffix(got, "line 19999\nred [31m bell  ?\n  the last\n\n") {
		t.Errorf("%d bytes, ending %q", len(got), got[max(0, len(got)-80):])
	}
	if h.Reason != "10-a: the last" {
		t.Errorf("reason %q", h.Reason)
	}
	out, _, _ := run(t, root, "health")
	if !strings.HasSuffix(out, "\n    line 19997\n    line 19998\n    line 19999\n    red [31m bell  ?\n    the last\n") || strings.Contains(out, "19996") {
		t.Errorf("%s", out)
	}
}

// TestHealthSurroundings: what a check gets from the program.
func TestHealthSurroundings(t *testing.T) {
	t.Setenv("SOMETHING", "kept")
	root := newChecks(t, "required.d/10-a", `[ "$SOMETHING" = kept ] && [ "$(pwd)" = / ] && [ -z "$(cat)" ] && [ $# = 0 ]`)
	if out, errs, code := run(t, root, "health"); code != 0 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// TestHealthEvent: the log gets lines of bounded length.
func TestHealthEvent(t *testing.T) {
	h := health{Healthy: true}
	h.add(checkResult{Check: "required.d/10-a", Result: checkFailed, Why: "exit code 1", Output: strings.Repeat("ä", 2000) + "\n"})
	e := h.event()
	if strings.Count(e, "\n") != 1 || strings.ContainsRune(e, 0xFFFD) || !strings.HasPrefix(e, "unhealthy: 10-a: ää") {
		t.Errorf("the event is %q", e)
	}
	for line := range strings.SplitSeq(e, "\n") {
		if line = strings.TrimPrefix(line, "required.d/10-a: "); len(line) > maxEvent || len(line) < maxEvent-1 {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
}

func TestHealthUsage(t *testing.T) {
	root := newChecks(t, "required.d/10-a", note)
	for _, args := range [][]string{{"--timeout", "0s"}, {"--timeout", "-1s"}, {"--interval", "0s"}, {"--deadline", "0s"}, {"--timeout", "5"}, {"--json", "--watch"}, {"10-a"}} {
		if _, errs, code := run(t, root, append([]string{"health"}, args...)...); code != exitUsage {
			t.Errorf("%q: exit %d: %s", args, code, errs)
		}
	}
	if got := ran(t, root); got != "" {
		t.Errorf("what ran: %s", got)
	}
}

// TestHealthLogs: the result is in the log when red.d runs.
func TestHealthLogs(t *testing.T) {
	root := newChecks(t, "required.d/10-a", "echo one; echo two; exit 3", "red.d/10-r", "cp $ROOT/snapshot/log $ROOT/ran")
	run(t, root, "health")
	b, err := os.ReadFile(filepath.Join(root, "ran"))
	must(t, err)
	var e event
	must(t, json.Unmarshal(b, &e))
	if want := "unhealthy: 10-a: two\nrequired.d/10-a: one\nrequired.d/10-a: two"; e.Kind != "health" || e.Text != want {
		t.Errorf("the log is %+v, want %q", e, want)
	}
}
