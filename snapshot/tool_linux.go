package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// runTool runs a program of the unit, with nothing to read, and waits for its end.
// The error says why that was not exit code 0.
func runTool(path string, args, env []string, out, errs io.Writer) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	outputs := []*toolOutput{newToolOutput(out)}
	if errs != out { // else one of them would write in the midst of the other
		outputs = append(outputs, newToolOutput(errs))
	}
	files := []*os.File{null}
	for _, o := range outputs {
		if o.err != nil {
			err = o.err
		}
		files = append(files, o.file)
	}
	if len(files) == 2 {
		files = append(files, files[1])
	}
	var p *os.Process
	if err == nil {
		p, err = os.StartProcess(path, append([]string{path}, args...), &os.ProcAttr{Dir: "/", Env: env, Files: files})
	}
	for _, o := range outputs {
		o.started()
	}
	if err != nil {
		return fmt.Errorf("cannot be started: %w", errors.Unwrap(err))
	}
	state, err := p.Wait()
	for _, o := range outputs {
		o.ended()
	}
	if err != nil {
		return err
	}
	switch status := state.Sys().(syscall.WaitStatus); {
	case status.Signaled():
		return fmt.Errorf("killed by signal %d (%v)", status.Signal(), status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("exit code %d", status.ExitStatus())
	}
	return nil
}

// toolOutput is where an output of a program goes. A file is given to it as it is: a
// service that it starts may hold it for ever, and the terminal is one to it. All
// else is copied through a pipe.
type toolOutput struct {
	file, r *os.File // r: the other end of the pipe, or nil
	to      io.Writer
	done    chan struct{}
	err     error
}

func newToolOutput(to io.Writer) *toolOutput {
	if c, ok := to.(*clearing); ok {
		c.p.clear() // nothing else is done while the program runs
		to = c.w
	}
	o := &toolOutput{to: to}
	if f, ok := to.(*os.File); ok {
		o.file = f
		return o
	}
	o.r, o.file, o.err = os.Pipe()
	return o
}

// started copies what comes through the pipe.
func (o *toolOutput) started() {
	if o.r == nil {
		return
	}
	o.file.Close()
	o.done = make(chan struct{})
	go func() {
		defer close(o.done)
		_, _ = io.Copy(o.to, o.r) // to a deadline, or the end: both are well
	}()
}

// ended waits for the rest of what the program has written.
func (o *toolOutput) ended() {
	if o.r == nil {
		return
	}
	_ = o.r.SetReadDeadline(time.Now().Add(checkEnd)) // a process that it left behind may hold the pipe
	<-o.done
	o.r.Close()
}
