package main

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"chainroot/boot"
)

// defaultInits are what the kernel looks for too, in this order.
func defaultInits() []string {
	return []string{"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"}
}

// findInit finds the real init in the new root: what init= names, or else the
// first of the usual programs that runs. A state in which only a later one runs
// than in the firmware itself is broken: its shell must not stand in for an
// init that the state before has.
func (u *unit) findInit(p plan) error {
	inits := u.inits()
	n, err := u.firstInit(u.root, inits)
	if n > 0 && p.layout != boot.Bare {
		if own, _ := u.firstInit(romDir, inits); own >= 0 && own < n {
			n = -1
		}
	}
	if n < 0 {
		return err
	}
	u.init = inits[n]
	return nil
}

// inits returns the programs that may be the real init, in their order.
func (u *unit) inits() []string {
	if u.par.init != "" && !u.usual {
		return []string{u.par.init}
	}
	return defaultInits()
}

// tryUsual goes over from what init= names to the usual programs, and returns false if
// that was done before, or nothing was named. The kernel gives up when what init= names
// cannot be run; a unit far away should not.
func (u *unit) tryUsual() bool {
	if u.par.init == "" || u.usual {
		return false
	}
	u.log.errorf("init=%s cannot be run in any state, trying the usual programs", u.par.init)
	u.usual = true
	return true
}

// firstInit returns the index of the first of the programs that can be run in
// root, or -1, and why the first cannot.
func (u *unit) firstInit(root string, programs []string) (int, error) {
	var first error
	for i, program := range programs {
		err := u.canRun(root, program)
		if err == nil {
			return i, first
		}
		u.log.debugf("%v", err)
		if first == nil {
			first = err
		}
	}
	return -1, first
}

// canRun returns nil if the kernel can exec program with root as its root: it
// does so, in a traced child that is stopped before its first instruction. That
// also finds a wrong architecture and a missing interpreter. Where no state has
// other programs, nothing hangs on that, and execInit finds it as well.
func (u *unit) canRun(root, program string) error {
	try := execAndKill
	if u.target.pristine() {
		try = looksRunnable
	}
	err := try(root, program)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EIO) || errors.Is(err, unix.ENOSYS) {
		if !u.target.pristine() && execAndKill("", "/proc/self/exe") != nil { // tracing is what is refused
			err = looksRunnable(root, program)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot run %s: %w", program, err)
	}
	return nil
}

// execAndKill execs program and kills it before it does anything.
func execAndKill(root, program string) error {
	// Any thread of this process may kill a child and wait for it, so none is held on
	// to: for that the runtime would start another thread.
	pid, err := syscall.ForkExec(program, []string{program}, &syscall.ProcAttr{
		Dir: "/",
		Sys: &syscall.SysProcAttr{Chroot: root, Ptrace: true},
	})
	if err != nil {
		return err
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		return err
	}
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(pid, &status, 0, nil)
		if errors.Is(err, unix.EINTR) || got == pid && status.Stopped() {
			continue
		}
		return err
	}
}

// looksRunnable is what can be said about a program without running it: there
// is a file with something in it, and the x bit is set.
func looksRunnable(root, program string) error {
	var stat unix.Stat_t
	if unix.Lstat(root+program, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG && stat.Mode&0o111 == 0o111 && stat.Size > 0 {
		return nil
	}
	back, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(back)
	// Only as the root itself can links be followed as the program will.
	if err := unix.Chroot(root); err != nil {
		return err
	}
	if err = unix.Stat(program, &stat); err == nil {
		err = unix.Access(program, unix.X_OK)
	}
	if err := unix.Fchdir(back); err != nil {
		return err
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	switch {
	case err != nil:
		return err
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return unix.EACCES
	case stat.Size == 0:
		return unix.ENOEXEC
	}
	return nil
}
