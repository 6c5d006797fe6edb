package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	if os.Getpid() != 1 {
		os.Stderr.WriteString("preinit builds the root of a unit as PID 1 of its initramfs; it does nothing else\n")
		os.Exit(64)
	}
	quietMonitor()
	u := newUnit()
	err := u.safely(u.run)
	for {
		// Neither returns. Should one panic, then again: PID 1 must not end.
		if again := u.safely(func() error { return u.emergency(err) }); again != nil {
			err = again
		}
		time.Sleep(time.Second)
	}
}

// quietMonitor keeps the monitor thread of Go's runtime asleep for most of a boot. With
// one processor to run goroutines on, it would take that away from each system call of
// more than 20 microseconds, and look again as often: half of the boot's work on a
// machine with one slow processor. While another one is idle it leaves a call alone.
func quietMonitor() {
	if runtime.NumCPU() == 1 {
		runtime.GOMAXPROCS(2)
	}
}

// safely turns a panic of f into its error.
func (u *unit) safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("preinit panicked: %v", r)
		}
	}()
	return f()
}
