package main

import (
	"errors"
	"fmt"
	"syscall"

	"chainroot/chain"
	"chainroot/chain/delta"
)

// Exit codes. They are stable: scripts rely on them. The numbers from 64 to 78 are
// those of sysexits.h(3head), where that has one for the case.
const (
	exitOK      = 0
	exitFailed  = 1  // anything that has no code of its own; upgrade: the lists cannot be fetched
	exitListing = 2  // upgrade: it is not known what can be upgraded
	exitInstall = 3  // upgrade: the installation failed, or was broken off
	exitUsage   = 64 // wrong flag, argument or command
	exitDamaged = 65 // the chain or an entry is damaged, or has a newer format
	exitDevice  = 66 // no such device or file, or it holds something else than a chain
	exitState   = 69 // the state asked for is not there, one is on trial, or the running one does not fit
	exitNoRoom  = 73 // the flash has no room for it; nothing was touched
	exitIO      = 74 // the flash failed
	exitLocked  = 75 // another snapshot command holds the lock: try again
	exitConfig  = 78 // health has nothing to check

	exitUnhealthy = 112 // a required health check failed

	exitNoTrial  = 113 // confirm: nothing is on trial
	exitTrial    = 114 // status: the state that runs is on trial
	exitFallback = 115 // status: another state runs than the last
)

// exitTable is what help and the manual say of the codes.
const exitTable = `  0   done, or there was nothing to do
  1   failed for a reason that has no code of its own; upgrade: the lists cannot be fetched
  2   upgrade: the package manager cannot say what is upgradable
  3   upgrade: the installation failed; nothing was pushed
  64  wrong command, flag or argument
  65  the chain or an entry of it is damaged, or has a newer format
  66  no such device or file, or it holds something else than a chain
  69  the state asked for is not there, one is on trial, or the running one does not fit the chain
  73  the flash has no room for it; nothing was touched
  74  the flash failed
  75  another snapshot command holds the lock: try again
  78  health has nothing to check
  112 a required health check failed
  113 confirm: nothing is on trial
  114 status: the state that runs is on trial
  115 status: another state runs than the last one
`

// errHelp ends a run that only printed help.
var errHelp = errors.New("help")

// codeError is an error with an exit code of its own.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string { return e.err.Error() }
func (e *codeError) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &codeError{exitUsage, fmt.Errorf(format, args...)}
}

func stateError(format string, args ...any) error {
	return &codeError{exitState, fmt.Errorf(format, args...)}
}

func configError(format string, args ...any) error {
	return &codeError{exitConfig, fmt.Errorf(format, args...)}
}

func unhealthyError(format string, args ...any) error {
	return &codeError{exitUnhealthy, fmt.Errorf(format, args...)}
}

func exitCode(err error) int {
	var code *codeError
	var room *chain.NoRoomError
	switch {
	case errors.As(err, &code):
		return code.code
	case errors.As(err, &room), errors.Is(err, chain.ErrNoSlot):
		return exitNoRoom
	case errors.Is(err, chain.ErrDamaged), errors.Is(err, chain.ErrVersion),
		errors.Is(err, chain.ErrGeometry), errors.Is(err, delta.ErrHostile),
		errors.Is(err, delta.ErrFormat), errors.Is(err, chain.ErrExport):
		return exitDamaged
	case errors.Is(err, chain.ErrForeign):
		return exitDevice
	case errors.Is(err, chain.ErrTrial):
		return exitUsage
	case errors.Is(err, chain.ErrNoState), errors.Is(err, chain.ErrOnTrial),
		errors.Is(err, chain.ErrPinned), errors.Is(err, chain.ErrFollows):
		return exitState
	case errors.Is(err, syscall.EIO), errors.Is(err, chain.ErrReadBack):
		return exitIO
	}
	return exitFailed
}
