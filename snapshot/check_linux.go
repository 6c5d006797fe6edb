package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	checkGrace  = 2 * time.Second // from SIGTERM to SIGKILL
	checkEnd    = time.Second     // for what SIGKILL does, and for the rest of the output
	checkOutput = 4096            // bytes that are kept of the output
)

// runProgram runs a program with a time limit, in a process group of its own, and
// returns the end of its output. When it returns, no process of that group is
// left; the error says why it did not end with exit code 0.
//
// os/exec would wait for all that hold the pipe, and cost 47 KiB of firmware.
func runProgram(path string, limit time.Duration) (output string, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	// Pdeathsig is about the thread that forked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := syscall.ForkExec(path, []string{path}, &syscall.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: []uintptr{null.Fd(), w.Fd(), w.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	w.Close()
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return "", errors.New("cannot be started: its first line names no interpreter, such as #!/bin/sh")
	case errors.Is(err, syscall.ENOENT):
		return "", errors.New("cannot be started: the interpreter that its first line names is not there")
	case err != nil:
		return "", fmt.Errorf("cannot be started: %w", err)
	}
	t := &outputTail{}
	read := make(chan struct{})
	go func() {
		t.readFrom(r)
		close(read)
	}()
	err = await(pid, limit)
	// A process that left the group may hold the pipe for ever.
	if e := r.SetReadDeadline(time.Now().Add(checkEnd)); e != nil {
		return "", e
	}
	<-read
	return t.String(), err
}

// await waits until a process has ended, and ends it when its time is over, with
// its group.
func await(pid int, limit time.Duration) error {
	ended := make(chan error, 1)
	go func() {
		// Not reaped yet: until then no other group can have its number.
		for {
			err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
			if err != unix.EINTR {
				ended <- err
				return
			}
		}
	}()
	within := func(d time.Duration) bool {
		select {
		case err := <-ended:
			ended <- err
			return true
		case <-time.After(d):
			return false
		}
	}
	inTime := within(limit)
	if !inTime {
		_ = unix.Kill(-pid, unix.SIGTERM)
		within(checkGrace)
	}
	_ = unix.Kill(-pid, unix.SIGKILL) // and what it left behind
	if !within(checkEnd) {
		return fmt.Errorf("took more than %v, and cannot be killed", limit.Round(time.Millisecond))
	}
	if err := <-ended; err != nil {
		return fmt.Errorf("cannot wait for it: %w", err)
	}
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &status, 0, nil)
		if err == nil {
			break
		}
		if err != syscall.EINTR {
			return fmt.Errorf("cannot wait for it: %w", err)
		}
	}
	switch {
	case !inTime:
		return fmt.Errorf("took more than %v", limit.Round(time.Millisecond))
	case status.Signaled():
		return fmt.Errorf("killed by signal %d (%v)", status.Signal(), status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("exit code %d", status.ExitStatus())
	}
	return nil
}
