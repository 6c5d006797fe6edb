package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"chainroot/boot"
)

// booted returns the root of a system that has a report of its boot. Those in
// testdata/boot are as preinit wrote them, in its own tests.
func booted(t *testing.T, report []byte) string {
	t.Helper()
	root := t.TempDir()
	mkdir(t, root+"/snapshot")
	must(t, os.WriteFile(root+boot.ReportPath, report, 0o644))
	return root
}

// runIn runs the program with an environment.
func runIn(t *testing.T, root string, env map[string]string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	c := &cli{out: &o, errs: &e, root: root, env: func(name string) string { return env[name] }}
	code = c.main(args)
	return o.String(), e.String(), code
}

func TestBootOfPreinit(t *testing.T) {
	for _, c := range []struct {
		name, title string
		entries     []string // as they are drawn
	}{
		{"last", "Boot of snapshot 3 and the volatile entry: 10", []string{"snapshot 1 (first)", "snapshot 2 (second)", "snapshot 3 (third)", "volatile (latest)"}},
		{"rollback", "Boot of snapshot 3 (snapshot.rollback): 10", []string{"snapshot 1 (first)", "snapshot 2 (second)", "snapshot 3 (third)"}},
		{"skip", "Boot of the bare firmware (snapshot.skip): 10", nil},
		{"damaged", "Boot of snapshot 1: 10", []string{"snapshot 1 (first)"}},
		{"empty", "Boot of the bare firmware: 10", nil},
		{"classic", "Boot of the bare firmware: 10", nil},
		{"trial", "Boot of snapshot 1: 10", []string{"snapshot 1 (tried)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, err := os.ReadFile(filepath.Join("testdata/boot", c.name+".json"))
			must(t, err)
			root := booted(t, report)
			out, errs, code := runIn(t, root, nil, "boot")
			if code != 0 || errs != "" || !strings.HasPrefix(out, c.title) {
				t.Errorf("exit %d: %s%s", code, errs, out)
			}
			var names []string
			for _, line := range strings.Split(out, "\n")[2:] {
				if len(line) > 80 {
					t.Errorf("a line has %d characters: %s", len(line), line)
				}
				if name, _, ok := strings.Cut(strings.TrimLeft(line, " "), "  "); ok && strings.HasPrefix(line, "  ") {
					names = append(names, strings.TrimSpace(name))
				}
			}
			if strings.Join(names, ", ") != strings.Join(c.entries, ", ") {
				t.Errorf("entries are %q, want %q:\n%s", names, c.entries, out)
			}
			for _, phase := range []string{"kernel", "early", "modules", "root", "find", "chain", "snapshots", "volatile", "overlay", "init"} {
				if !strings.Contains(out, "\n"+phase+" ") {
					t.Errorf("there is no phase %s:\n%s", phase, out)
				}
			}
			r, got := &boot.Report{}, &bootTimes{}
			must(t, json.Unmarshal(report, r))
			text, _, code := runIn(t, root, nil, "boot", "--json")
			must(t, json.Unmarshal([]byte(text), got))
			sum := int64(0)
			for _, p := range r.Phases {
				sum += p.Microseconds
			}
			if code != 0 || got.Microseconds != sum || got.State != r.State || got.Asked != r.Asked ||
				fmt.Sprint(got.Phases) != fmt.Sprint(r.Phases) || fmt.Sprint(got.Entries) != fmt.Sprint(r.Entries) {
				t.Errorf("exit %d: %s", code, text)
			}
			image, _, code := runIn(t, root, nil, "boot", "--svg", "-")
			d := readSVG(t, image)
			if code != 0 || !strings.HasPrefix(d.title, c.title) || len(d.tips) != len(r.Phases)+len(r.Entries) || !strings.HasPrefix(d.tips[1], "early: ") || !strings.Contains(d.desc, "overlay ") {
				t.Errorf("exit %d: %+v", code, d)
			}
		})
	}
}

// chart is of a report with phases as given and one snapshot.
func chart(t *testing.T, label string, phases ...boot.Phase) string {
	t.Helper()
	r := boot.Report{Version: 1, Asked: "last", Layout: boot.Stacked, Phases: phases, State: boot.State{Snapshot: 1},
		Entries: []boot.Entry{{Number: 1, Label: label, Microseconds: 250_000}}}
	return booted(t, r.AppendJSON(nil))
}

func TestBootChart(t *testing.T) {
	root := chart(t, "first", boot.Phase{Name: "kernel", Microseconds: 1_500_000}, boot.Phase{Name: "find"},
		boot.Phase{Name: "snapshots", Microseconds: 499_900}, boot.Phase{Name: "init", Microseconds: 100})
	out, _, _ := runIn(t, root, nil, "boot")
	want := `Boot of snapshot 1: 2.000 s from the kernel to init

kernel                1500.0 ms  75%  #########################################
find                     0.0 ms   0%
snapshots              499.9 ms  25%  ##############
  snapshot 1 (first)   250.0 ms  13%  #######
init                     0.1 ms   0%  #
`
	if out != want {
		t.Errorf("the chart is\n%swant\n%s", out, want)
	}
	out, _, _ = runIn(t, root, map[string]string{"LANG": "C.UTF-8"}, "boot")
	for _, line := range []string{
		"75%  " + strings.Repeat("█", 41) + "\n", "25%  " + strings.Repeat("█", 13) + "▋\n", "13%  " + strings.Repeat("█", 6) + "▉\n", "0%  ▏\n", "0%\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("there is no %q in\n%s", line, out)
		}
	}
}

func TestLocale(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false}, {"", "", "C", false}, {"", "", "C.UTF-8", true}, {"", "", "de_DE.utf8", true},
		{"C", "", "C.UTF-8", false}, {"", "C", "C.UTF-8", false}, {"en_GB.UTF-8", "C", "C", true}, {"", "en_US.UTF-8", "", true},
		{"", "", "de_DE.ISO-8859-15@euro", false},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		if got := (&cli{env: func(name string) string { return env[name] }}).unicode(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestBootHostile: whatever stands in the report, the terminal and the picture hold.
func TestBootHostile(t *testing.T) {
	for _, label := range hostile {
		root := chart(t, label, boot.Phase{Name: label, Microseconds: 5}, boot.Phase{Name: "snapshots", Microseconds: 5})
		out, _, code := runIn(t, root, nil, "boot")
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if code != 0 || len(lines) != 5 {
			t.Errorf("%q: exit %d:\n%s", label, code, out)
		}
		for _, line := range lines {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) || utf8.RuneCountInString(line) > 80 {
				t.Errorf("%q: a line is %q", label, line)
			}
		}
		image, _, code := runIn(t, root, nil, "boot", "--svg", "-")
		if d := readSVG(t, image); code != 0 || len(d.tips) != 3 {
			t.Errorf("%q: exit %d: %+v", label, code, d)
		}
	}
}

// TestBootTimes: no number makes a bar of it that does not end.
func TestBootTimes(t *testing.T) {
	for _, times := range [][]int64{{}, {0}, {0, 0}, {-5, 5}, {math.MinInt64, 1}, {math.MaxInt64, math.MaxInt64, 1}, {1, math.MaxInt64}} {
		r := &boot.Report{}
		for i, us := range times {
			r.Phases = append(r.Phases, boot.Phase{Name: fmt.Sprint(i), Microseconds: us})
			r.Entries = append(r.Entries, boot.Entry{Microseconds: us})
		}
		r.Phases = append(r.Phases, boot.Phase{Name: "snapshots", Microseconds: 1})
		for _, lang := range []string{"C", "C.UTF-8"} {
			out, errs, code := runIn(t, booted(t, r.AppendJSON(nil)), map[string]string{"LANG": lang}, "boot")
			for _, line := range strings.Split(out, "\n") {
				if n := utf8.RuneCountInString(line); code != 0 || n > 80 || strings.Contains(line, "-") {
					t.Errorf("%v: exit %d, %d characters: %s%s", times, code, n, line, errs)
				}
			}
		}
		readSVG(t, string(newBootTimes(r).svg()))
	}
}

func TestBootBadInput(t *testing.T) {
	here := chart(t, "first", boot.Phase{Name: "kernel", Microseconds: 1})
	onFlash := booted(t, (&boot.Report{Version: 1, Device: "/dev/mtd3"}).AppendJSON(nil))
	for _, c := range []struct {
		name string
		root string
		args []string
		code int
		say  string
	}{
		{"no unit", t.TempDir(), nil, exitDevice, "was not booted by preinit"},
		{"no unit, device", t.TempDir(), []string{"--device", "x.img"}, exitUsage, "x.img"},
		{"other device", onFlash, []string{"--device", "x.img"}, exitUsage, "leave --device out"},
		{"own device", onFlash, []string{"--device", "/dev/mtd3"}, exitOK, ""},
		{"no JSON", booted(t, []byte(`{"version":1`)), nil, exitFailed, "cannot read the report"},
		{"both", here, []string{"--json", "--svg", "x"}, exitUsage, "not both"},
		{"argument", here, []string{"extra"}, exitUsage, `"extra"`},
		{"no such directory", here, []string{"--svg", here + "/nowhere/x"}, exitFailed, "nowhere"},
	} {
		_, errs, code := runIn(t, c.root, nil, append([]string{"boot"}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.say) || code != 0 && strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, want %d with %q: %s", c.name, code, c.code, c.say, errs)
		}
	}
}
