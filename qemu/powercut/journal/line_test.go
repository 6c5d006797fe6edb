package journal_test

import (
	"reflect"
	"strings"
	"testing"

	"chainroot/qemu/powercut/journal"
)

// all is a journal with every kind of command in it, and what it says.
const all = `do 1 config 10 aa
done 1 0 v:10
do 2 push 11 aa
done 2 0 s:11
do 3 rollback
done 3 0 -
do 4 undo
done 4 69 -
do 5 compact
done 5 0 -
do 6 compact-keep
done 6 73 s:1 s:2 v:
do 7 config 12 bb
`

var allSteps = []journal.Step{
	{Command: journal.Command{Kind: journal.Config, Label: "10", Tree: "aa"}, Done: true, Chain: journal.Entries{{Label: "10", Volatile: true}}},
	{Command: journal.Command{Kind: journal.Push, Label: "11", Tree: "aa"}, Done: true, Chain: journal.Entries{{Label: "11"}}},
	{Command: journal.Command{Kind: journal.Rollback}, Done: true},
	{Command: journal.Command{Kind: journal.Undo}, Done: true, Status: 69},
	{Command: journal.Command{Kind: journal.Compact}, Done: true},
	{Command: journal.Command{Kind: journal.CompactKeep}, Done: true, Status: 73, Chain: journal.Entries{{Label: "1"}, {Label: "2"}, {Volatile: true}}},
	{Command: journal.Command{Kind: journal.Config, Label: "12", Tree: "bb"}},
}

func TestParse(t *testing.T) {
	steps, err := journal.Parse(all)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(steps, allSteps) {
		t.Errorf("%+v, want %+v", steps, allSteps)
	}
	var again strings.Builder
	for i, s := range steps {
		again.WriteString(journal.Intention(i+1, s.Command))
		if s.Done {
			again.WriteString(journal.Acknowledgement(i+1, s.Status, s.Chain))
		}
	}
	if again.String() != all {
		t.Errorf("written again it is\n%s", again.String())
	}
}

// Wherever the power was cut, what stands there in whole lines is what counts.
func TestParseCutShort(t *testing.T) {
	for n := range len(all) {
		steps, err := journal.Parse(all[:n])
		if err != nil {
			t.Fatalf("after %d bytes: %v", n, err)
		}
		lines := strings.Count(all[:n], "\n")
		done := 0
		for _, s := range steps {
			if s.Done {
				done++
			}
		}
		if len(steps) != (lines+1)/2 || done != lines/2 {
			t.Errorf("after %d bytes, %d lines: %d steps, %d of them done", n, lines, len(steps), done)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"noise":                     "Kernel panic\n",
		"an empty line":             "\n",
		"no number":                 "do x compact\n",
		"another number":            "do 2 compact\n",
		"an answer to nothing":      "done 1 0 -\n",
		"two commands at once":      "do 1 compact\ndo 2 compact\n",
		"an answer to another":      "do 1 compact\ndone 2 0 -\n",
		"an answer given twice":     "do 1 compact\ndone 1 0 -\ndone 1 0 -\n",
		"no command":                "do 1 \n",
		"an unknown command":        "do 1 convert\n",
		"a config of nothing":       "do 1 config 10\n",
		"a roll-back with more":     "do 1 rollback 1\n",
		"no status":                 "do 1 compact\ndone 1 - -\n",
		"no chain":                  "do 1 compact\ndone 1 0 \n",
		"a chain of something else": "do 1 compact\ndone 1 0 x:1\n",
		"the end of the loop":       "do 1 compact\ndone 1 0 -\ndone 1 0 12\n",
	} {
		if steps, err := journal.Parse(text); err == nil {
			t.Errorf("%s: taken for %+v", name, steps)
		}
	}
}

func TestArgs(t *testing.T) {
	for want, c := range map[string]journal.Command{
		"config --label 1": {Kind: journal.Config, Label: "1", Tree: "aa"},
		"push --label 2":   {Kind: journal.Push, Label: "2", Tree: "aa"},
		"rollback":         {Kind: journal.Rollback},
		"rollback --undo":  {Kind: journal.Undo},
		"compact":          {Kind: journal.Compact},
		"compact --keep 1": {Kind: journal.CompactKeep},
	} {
		if got := strings.Join(c.Args(), " "); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
}
