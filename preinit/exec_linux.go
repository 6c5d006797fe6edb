package main

import (
	"fmt"
	"os"
	"slices"
	"syscall"
)

// initCommand is the command line of the real init: the arguments are those
// that the kernel did not know and gave to preinit.
func (u *unit) initCommand() []string {
	return append([]string{u.init}, os.Args[1:]...)
}

// execInit makes this process the real init. One that was not tried before may turn
// out to be none only now: then the next of the programs is tried, and boot.json names
// it.
func (u *unit) execInit() error {
	err := u.exec()
	if !u.target.pristine() {
		return err
	}
	u.skip("init", err)
	programs := u.inits()
	rest := programs[slices.Index(programs, u.init)+1:]
	if u.tryUsual() {
		rest = u.inits()
	}
	for _, u.init = range rest {
		u.log.debugf("trying %s", u.init)
		if err := u.writeReport(); err != nil {
			return err
		}
		err := u.exec()
		u.log.debugf("%v", err)
	}
	return noState(err)
}

// exec execs the real init with the environment that the kernel gave. It leaves it
// the standard descriptors and nothing else.
func (u *unit) exec() error {
	u.restoreLimit()
	return fmt.Errorf("cannot run %s: %w", u.init, syscall.Exec(u.init, u.initCommand(), os.Environ()))
}
