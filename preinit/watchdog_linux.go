package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// watchdogPath is the first watchdog of the kernel
// (Documentation/watchdog/watchdog-api.rst).
const watchdogPath = "/dev/watchdog"

// startWatchdog starts the watchdog and leaves it running for the real init: a
// driver goes on counting when its device is closed without the magic character.
// One that stops then could guard nothing, and one that is left open could not
// be opened by the real init.
func (u *unit) startWatchdog() error {
	fd, err := unix.Open(watchdogPath, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot open %s (is its driver in the initramfs?): %w", watchdogPath, err)
	}
	defer unix.Close(fd)
	info, err := unix.IoctlGetWatchdogInfo(fd)
	if err != nil {
		return fmt.Errorf("cannot ask %s what it is: %w", watchdogPath, err)
	}
	name := unix.ByteSliceToString(info.Identity[:])
	if info.Options&unix.WDIOF_MAGICCLOSE == 0 && !nowayout() {
		return fmt.Errorf("the watchdog %q stops when preinit closes it: load its driver with nowayout=1", name)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.WDIOC_SETTIMEOUT, u.par.watchdog); err != nil {
		u.log.warnf("the watchdog %q does not take %d seconds: %v", name, u.par.watchdog, err)
	}
	if err := unix.IoctlWatchdogKeepalive(fd); err != nil {
		u.log.warnf("cannot feed the watchdog %q: %v", name, err)
	}
	seconds, err := unix.IoctlGetInt(fd, unix.WDIOC_GETTIMEOUT)
	if err != nil {
		seconds = u.par.watchdog
	}
	u.log.infof("the watchdog %q resets this unit in %d seconds, unless init takes it over", name, seconds)
	return nil
}

// nowayout reports whether nothing stops the watchdog once it runs.
func nowayout() bool {
	b, err := os.ReadFile("/sys/class/watchdog/watchdog0/nowayout")
	return err == nil && len(b) > 0 && b[0] == '1'
}
