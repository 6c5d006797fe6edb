package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// weigh runs a job and returns the sum of the most memory that each of its processes
// had, in bytes.
//
// What getrusage(2) says of a child (ru_maxrss) would count what bench has: a process
// takes the peak of its parent over an exec. So each is traced, and stops at its exit,
// where /proc still tells the peak of its own memory.
func (j job) weigh() (float64, error) {
	commands, close, err := j.commands()
	if err != nil {
		return 0, err
	}
	type outcome struct {
		peak float64
		err  error
	}
	started, ended := make(chan bool), make(chan outcome)
	for _, cmd := range commands {
		go func() {
			peak, err := weighOne(cmd, func() { started <- true })
			ended <- outcome{peak, err}
		}()
	}
	sum := 0.0
	var errs []error
	for running, starting := len(commands), len(commands); running > 0; {
		select {
		case <-started:
			starting--
		case o := <-ended:
			running--
			sum += o.peak
			if o.err != nil {
				errs = append(errs, o.err)
				starting = 0 // of the others none is to wait for what does not come
			}
		}
		if starting == 0 {
			close()
		}
	}
	if err := errors.Join(errs...); err != nil {
		return 0, fmt.Errorf("cannot weigh %v: %w", j, err)
	}
	return sum, nil
}

// weighOne runs a process, tells when it was started, and returns its peak of memory.
// A tracer is a thread: this one ends with the goroutine.
func weighOne(cmd *exec.Cmd, started func()) (peak float64, err error) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	started()
	pid := cmd.Process.Pid
	defer cmd.Process.Release()
	for first := true; ; first = false {
		var status unix.WaitStatus
		for {
			if _, err = unix.Wait4(pid, &status, 0, nil); err != unix.EINTR {
				break
			}
		}
		signal := 0
		switch {
		case err != nil:
			return 0, fmt.Errorf("cannot wait for %s: %w", cmd.Path, err)
		case status.Exited() && status.ExitStatus() == 0 && peak > 0:
			return peak, nil
		case status.Exited(), status.Signaled():
			return 0, fmt.Errorf("%s ended with status %#x, its memory: %v", cmd.Path, uint32(status), peak)
		case first: // the exec
			err = unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACEEXIT|unix.PTRACE_O_EXITKILL)
		case status.TrapCause() == unix.PTRACE_EVENT_EXIT:
			peak, err = peakOf(pid)
		default:
			signal = int(status.StopSignal())
		}
		if err == nil {
			err = unix.PtraceCont(pid, signal)
		}
		if err != nil {
			return 0, fmt.Errorf("cannot trace %s: %w", cmd.Path, err)
		}
	}
}

// peakOf returns the peak of the memory of a process, in bytes.
func peakOf(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
			return kib * 1024, err
		}
	}
	return 0, errors.Join(lines.Err(), errors.New("cannot find VmHWM in /proc"))
}
