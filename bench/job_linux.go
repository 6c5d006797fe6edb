package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// job is a row of programs, each of which reads what the one before writes.
type job struct {
	programs [][]string
	out      string // file for what the last one writes; empty: nowhere
}

// pipe returns a job of command lines without any quoting.
func pipe(lines ...string) job {
	var j job
	for _, line := range lines {
		j.programs = append(j.programs, strings.Fields(line))
	}
	return j
}

// to sets the file that a job writes.
func (j job) to(file string) job {
	j.out = file
	return j
}

func (j job) String() string {
	var lines []string
	for _, p := range j.programs {
		lines = append(lines, strings.Join(p, " "))
	}
	return strings.Join(lines, " | ")
}

// commands prepares the processes. What close closes has to stay open until all of
// them are started, and no longer: a reader waits for the last writer.
func (j job) commands() (commands []*exec.Cmd, close func(), err error) {
	var files []*os.File
	close = func() {
		for _, f := range files {
			f.Close()
		}
	}
	for i, p := range j.programs {
		cmd := exec.Command(p[0], p[1:]...)
		cmd.Stderr = os.Stderr
		if i > 0 {
			r, w, err := os.Pipe()
			if err != nil {
				close()
				return nil, nil, fmt.Errorf("cannot make a pipe: %w", err)
			}
			files = append(files, r, w)
			commands[i-1].Stdout, cmd.Stdin = w, r
		}
		commands = append(commands, cmd)
	}
	if j.out != "" {
		f, err := os.Create(j.out)
		if err != nil {
			close()
			return nil, nil, fmt.Errorf("cannot make a file: %w", err)
		}
		files = append(files, f)
		commands[len(commands)-1].Stdout = f
	}
	return commands, close, nil
}

// run runs a job and returns the seconds from the start of its first process to the
// end of its last.
func (j job) run() (float64, error) {
	commands, close, err := j.commands()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	var errs []error
	started := 0
	for _, cmd := range commands {
		if err := cmd.Start(); err != nil {
			errs = append(errs, err)
			break
		}
		started++
	}
	close()
	for _, cmd := range commands[:started] {
		errs = append(errs, cmd.Wait())
	}
	seconds := time.Since(start).Seconds()
	if err := errors.Join(errs...); err != nil {
		return 0, fmt.Errorf("cannot run %v: %w", j, err)
	}
	return seconds, nil
}
