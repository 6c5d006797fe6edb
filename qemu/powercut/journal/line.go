package journal

import (
	"fmt"
	"strings"
)

// Step is a command as the journal tells of it.
type Step struct {
	Command
	Done   bool    // acknowledged
	Status int     // exit status, once it is done
	Chain  Entries // what the chain showed then
}

// Intention is the line that goes out before command n.
func Intention(n int, c Command) string { return fmt.Sprintf("do %d %s\n", n, c) }

// Acknowledgement is the line that goes out when command n has ended.
func Acknowledgement(n, status int, chain Entries) string {
	return fmt.Sprintf("done %d %d %s\n", n, status, chain)
}

// Parse reads a journal from its first line to where the power was cut. A last
// line without its line feed says nothing: an intention is out before its
// command begins, and what was not acknowledged whole was not acknowledged.
func Parse(text string) ([]Step, error) {
	var steps []Step
	for line := range strings.Lines(text) {
		whole, ok := strings.CutSuffix(line, "\n")
		if !ok {
			break
		}
		var err error
		if steps, err = add(steps, whole); err != nil {
			return steps, fmt.Errorf("cannot read line %q of the journal: %w", whole, err)
		}
	}
	return steps, nil
}

// add adds what a line says to the steps before it.
func add(steps []Step, line string) ([]Step, error) {
	open := len(steps) > 0 && !steps[len(steps)-1].Done
	word, rest, _ := strings.Cut(line, " ")
	var n int
	number, rest, _ := strings.Cut(rest, " ")
	if _, err := fmt.Sscanf(number, "%d", &n); err != nil {
		return steps, fmt.Errorf("%q is no number", number)
	}
	switch {
	case word == "do" && !open && n == len(steps)+1:
		c, err := parseCommand(rest)
		if err != nil {
			return steps, err
		}
		return append(steps, Step{Command: c}), nil
	case word == "done" && open && n == len(steps):
		status, chain, _ := strings.Cut(rest, " ")
		last := &steps[len(steps)-1]
		if _, err := fmt.Sscanf(status, "%d", &last.Status); err != nil {
			return steps, fmt.Errorf("%q is no exit status", status)
		}
		var err error
		last.Chain, err = ParseEntries(chain)
		last.Done = err == nil
		return steps, err
	}
	return steps, fmt.Errorf("it does not follow the %d before it", len(steps))
}
