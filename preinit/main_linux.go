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

// quietMonitor lets the monitor thread of Go's runtime sleep for most of a boot. On a
// machine with one processor it would part each longer system call from the goroutine's
// right to run, wake up every 20 microseconds for a while after that, and so take a
// tenth of the boot. As long as another goroutine could run beside, it leaves calls of
// less than 10 milliseconds alone.
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
