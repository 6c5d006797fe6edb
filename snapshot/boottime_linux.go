package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime returns the time since the kernel was started, with the time in which
// it was suspended: no clock that is set changes it. Go's own clock stands still
// in a suspend.
func bootTime() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) // it fails only before Linux 2.6.39
	return time.Duration(ts.Nano())
}

// sleepUntil returns when bootTime is at t; after a suspend, a second late at most.
func sleepUntil(t time.Duration) {
	for {
		left := t - bootTime()
		if left <= 0 {
			return
		}
		time.Sleep(min(left, time.Second))
	}
}
