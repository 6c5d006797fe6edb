package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/boot"
)

// timerCommand waits for the confirmation of the state on trial that runs. preinit
// starts it before the real init, and push or config on trial.
var timerCommand = command{
	name:    "timer",
	summary: "wait for the confirmation of what is on trial, and go back without one",
	hidden:  true,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, _ []string) error { return c.timer(timerPoll) }
	},
}

// Two timers run, and each starts the other anew if that ends: so a process that is
// killed is not the end of the deadline. Each holds one of these locks.
var timerLocks = [2]string{"/snapshot/timer.1", "/snapshot/timer.2"}

// timerPoll is how often they look at each other and at the clock.
const timerPoll = time.Second

// timer waits until the deadline is over or gone. Nothing that happens to the flash
// or to its files ends it: then the unit reboots when the time that it knows of is
// over, and preinit, which counts, has the last word.
func (c *cli) timer(poll time.Duration) error {
	own, other, err := c.timerSeat()
	if err != nil || own == nil {
		return err
	}
	defer own.Close()
	var known boot.Deadline
	for ; ; time.Sleep(poll) {
		d, err := boot.ReadDeadline(c.path(boot.DeadlinePath))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err == nil:
			known = d
		case known.Hash == "":
			return err
		}
		if boot.Uptime() >= known.At {
			return c.timeIsOver(known)
		}
		c.reviveTimer(other)
	}
}

// timerSeat takes a lock that no other timer holds, and returns the path of the
// other one; no lock if there are two timers already.
func (c *cli) timerSeat() (own *os.File, other string, err error) {
	for i, path := range timerLocks {
		f, err := tryLock(c.path(path))
		if err != nil {
			return nil, "", err
		}
		if f != nil {
			return f, c.path(timerLocks[1-i]), nil
		}
	}
	return nil, "", nil
}

// reviveTimer starts the other timer if its lock is free.
func (c *cli) reviveTimer(other string) {
	f, err := tryLock(other)
	if f == nil || err != nil {
		return
	}
	f.Close()
	if err := c.startTimer(); err != nil {
		fmt.Fprintf(c.errs, "snapshot: %s\n", escaped(err.Error()))
	}
}

// tryLock returns the file locked, or nil if somebody else holds its lock.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	return f, nil
}

// startTimer starts a timer that outlives this process.
func (c *cli) startTimer() error {
	if err := c.spawn("timer"); err != nil {
		return fmt.Errorf("cannot start what waits for the confirmation: %w", err)
	}
	return nil
}

// timeIsOver goes back from what is on trial, if it still is.
func (c *cli) timeIsOver(d boot.Deadline) error {
	here, err := c.onTrialHere()
	if err == nil && (here == nil || here.Hash.String() != d.Hash) {
		// Confirmed or rolled back, by one who did not come to say so.
		if err := os.Remove(c.path(boot.DeadlinePath)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err == nil {
		err = c.giveUpRunning("it was not confirmed in time")
	}
	var code *codeError
	if err == nil || errors.As(err, &code) && code.code == exitNoTrial {
		return err
	}
	c.logEvent("timer", err.Error())
	return errors.Join(err, c.reboot())
}

// spawn runs this program with other arguments, in a session of its own.
func spawn(args ...string) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	p, err := os.StartProcess("/proc/self/exe", append([]string{"snapshot"}, args...), &os.ProcAttr{
		Dir:   "/",
		Files: []*os.File{null, null, null},
		Sys:   &unix.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return err
	}
	go p.Wait() // it must not stay a zombie while this process lives
	return nil
}
