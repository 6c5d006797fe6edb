package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"chainroot/boot"
)

// timerProgram waits for the confirmation of a state on trial, and goes back
// without one.
var timerProgram = []string{"/sbin/snapshot", "timer"}

// startTimer starts what waits for a confirmation, in the new root. A unit whose
// timer cannot run still goes back when its boots are used up.
func (u *unit) startTimer() error {
	if !u.onTrial() || u.report.Trial.Within == 0 {
		return nil
	}
	if err := u.runTimer(); err != nil {
		u.log.errorf("nothing waits for the confirmation of %s: %v", u.report.Trial.Entry, err)
	}
	return nil
}

func (u *unit) runTimer() error {
	within := time.Duration(u.report.Trial.Within) * time.Second
	if err := (boot.Deadline{Hash: u.report.Trial.Hash, At: boot.Uptime() + within}).Write(boot.DeadlinePath); err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	said := null.Fd()
	if u.log.open && u.log.file >= 0 {
		said = uintptr(u.log.file)
	}
	_, err = syscall.ForkExec(timerProgram[0], timerProgram, &syscall.ProcAttr{
		Dir:   "/",
		Env:   append(os.Environ(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
		Files: []uintptr{null.Fd(), null.Fd(), said},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("cannot run %s: %w", timerProgram[0], err)
	}
	u.log.infof("%s has %v to be confirmed", u.report.Trial.Entry, within)
	return nil
}
