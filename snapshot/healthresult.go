package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// health is the result of all checks, and what `health --json` prints.
type health struct {
	Healthy bool          `json:"healthy"`
	Reason  string        `json:"reason"` // the first required check that failed, and why
	Checks  []checkResult `json:"checks"` // in the order in which they ran
}

// checkResult is how one check ended.
type checkResult struct {
	Check        string `json:"check"`  // for example required.d/10-process
	Result       string `json:"result"` // passed, failed or warning
	Why          string `json:"why"`    // it did not pass
	Milliseconds int64  `json:"milliseconds"`
	Output       string `json:"output"` // the end of it
}

const (
	checkPassed  = "passed"
	checkFailed  = "failed"
	checkWarning = "warning" // failed, which is only reported
)

// add adds a result; the first required check that failed is the reason.
func (h *health) add(r checkResult) {
	h.Checks = append(h.Checks, r)
	if r.Result == checkFailed {
		h.fail(r.reason())
	}
}

func (h *health) fail(reason string) {
	if h.Healthy {
		h.Healthy, h.Reason = false, reason
	}
}

// reason says in a line why a check failed, the most telling part first: a record
// on flash has room for 80 bytes.
func (r *checkResult) reason() string {
	name := filepath.Base(r.Check)
	last := lastLines(r.Output, 1)
	switch {
	case len(last) == 0:
		return name + ": " + r.Why
	case strings.HasPrefix(r.Why, "exit code "):
		return name + ": " + last[0]
	}
	return name + ": " + r.Why + ": " + last[0]
}

// summary says in a line how it went.
func (h *health) summary() string {
	if !h.Healthy {
		return "unhealthy: " + h.Reason
	}
	required, warned := 0, []string(nil)
	for _, r := range h.Checks {
		switch {
		case r.Result == checkWarning:
			warned = append(warned, r.Check)
		case strings.HasPrefix(r.Check, requiredDir+"/"):
			required++
		}
	}
	s := "healthy: " + count(required, "required check", "required checks") + " passed"
	if len(warned) > 0 {
		s += ", not so " + strings.Join(warned, ", ")
	}
	return s
}

// event is the summary for the log of the unit, with the last that each check said
// which did not pass.
func (h *health) event() string {
	var b strings.Builder
	b.WriteString(bounded(h.summary()))
	for _, r := range h.Checks {
		if r.Result == checkPassed {
			continue
		}
		for _, said := range lastLines(r.Output, 5) {
			fmt.Fprintf(&b, "\n%s: %s", r.Check, bounded(said))
		}
	}
	return b.String()
}

// maxEvent is how many bytes of one line the log gets.
const maxEvent = 240

func bounded(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxEvent)], "") }

// printCheck prints the line of a check, and the end of what a failed one said.
func (c *cli) printCheck(r checkResult) {
	line := fmt.Sprintf("%-7s %7.2f s  %s", r.Result, float64(r.Milliseconds)/1000, r.Check)
	if r.Why != "" {
		line += ": " + r.Why
	}
	fmt.Fprintln(c.out, line)
	if r.Result == checkPassed {
		return
	}
	for _, said := range lastLines(r.Output, 5) {
		fmt.Fprintln(c.out, "    "+said)
	}
}
