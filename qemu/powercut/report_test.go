package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chainroot/qemu"
	"chainroot/qemu/powercut/journal"
)

func TestReport(t *testing.T) {
	var out strings.Builder
	r := newReport(&out, 7)
	config := journal.Command{Kind: journal.Config, Label: "1", Tree: "aa"}
	compact := journal.Command{Kind: journal.Compact}
	flight := journal.Promise{Command: &compact}
	booted := journal.Entries{{Label: "1", Volatile: true}}
	for i, c := range []cut{
		{steps: []journal.Step{{Command: config, Done: true}, {Command: compact, Done: true, Status: 69}}, booted: shown{chain: booted, repaired: true}, after: 1500 * time.Millisecond},
		{steps: []journal.Step{{Command: config, Done: true}, {Command: compact}}, promise: flight, outcome: journal.New},
		{steps: []journal.Step{{Command: compact}}, promise: flight, outcome: journal.Acknowledged},
		{outcome: journal.Lost},
		{promise: flight, outcome: journal.Mixed},
	} {
		r.add(i+1, qemu.MTD, c)
	}
	if want := "cuts: 5  in flight: 3  acknowledged: 2  new: 1  lost: 1  mixed: 1"; r.String() != want {
		t.Errorf("%s, want %s", r, want)
	}
	lines := strings.Split(out.String(), "\n")
	if want := "   1  mtd    cut after 1.500 s,  2 done, in flight: none          acknowledged: v:1, repaired"; lines[0] != want {
		t.Errorf("the first line is\n%s, want\n%s", lines[0], want)
	}
	if len(lines) != 6 || !strings.Contains(lines[4], "in flight: compact ") || !strings.Contains(lines[4], "mixed") {
		t.Errorf("the lines are %q", lines)
	}

	name := filepath.Join(t.TempDir(), "report.json")
	if err := r.write(name); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.String() != r.String() || back.Seed != 7 || back.Refused != 1 || back.Commands["config"] != 2 || back.Commands["compact"] != 1 || back.Cut["compact"] != 3 || back.Repaired != 1 {
		t.Errorf("the report is\n%s", text)
	}
}
