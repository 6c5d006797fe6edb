package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"chainroot/qemu/powercut/journal"
)

// report counts what happened, and prints it as it happens.
type report struct {
	Seed         uint64         `json:"seed"`
	Cuts         int            `json:"cuts"`
	InFlight     int            `json:"in_flight"` // cuts with a command in flight
	Acknowledged int            `json:"acknowledged"`
	New          int            `json:"new"`
	Lost         int            `json:"lost"`
	Mixed        int            `json:"mixed"`
	Commands     map[string]int `json:"commands"` // acknowledged, by kind
	Refused      int            `json:"refused"`  // of those
	Cut          map[string]int `json:"cut"`      // in flight, by kind
	Repaired     int            `json:"repaired"` // boots that had something to repair
	Seconds      float64        `json:"seconds"`

	out   io.Writer
	mu    sync.Mutex
	start time.Time
}

func newReport(out io.Writer, seed uint64) *report {
	return &report{Seed: seed, Commands: map[string]int{}, Cut: map[string]int{}, out: out, start: time.Now()}
}

// add counts the cut of round n and prints a line about it.
func (r *report) add(n int, attach fmt.Stringer, c cut) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Cuts++
	done := 0
	for _, s := range c.steps {
		if !s.Done {
			continue
		}
		done++
		r.Commands[string(s.Kind)]++
		if s.Status != 0 {
			r.Refused++
		}
	}
	command := "none"
	if c.promise.Command != nil {
		command = string(c.promise.Command.Kind)
		r.InFlight++
		r.Cut[command]++
	}
	switch c.outcome {
	case journal.Acknowledged:
		r.Acknowledged++
	case journal.New:
		r.New++
	case journal.Lost:
		r.Lost++
	case journal.Mixed:
		r.Mixed++
	}
	also := ""
	if c.booted.repaired {
		also = ", repaired"
		r.Repaired++
	}
	fmt.Fprintf(r.out, "%4d  %-5s  cut after %.3f s, %2d done, in flight: %-12s  %s: %s%s\n",
		n, attach, c.after.Seconds(), done, command, c.outcome, c.booted.chain, also)
}

// String is the last line of a campaign.
func (r *report) String() string {
	return fmt.Sprintf("cuts: %d  in flight: %d  acknowledged: %d  new: %d  lost: %d  mixed: %d",
		r.Cuts, r.InFlight, r.Acknowledged, r.New, r.Lost, r.Mixed)
}

// write writes the report to a file.
func (r *report) write(name string) error {
	r.Seconds = time.Since(r.start).Round(time.Second).Seconds()
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}
