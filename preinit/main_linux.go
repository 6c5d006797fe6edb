package main

import (
	"fmt"
	"os"
	"time"

	"chainroot/quiet"
)

func main() {
	if os.Getpid() != 1 {
		os.Stderr.WriteString("preinit builds the root of a unit as PID 1 of its initramfs; it does nothing else\n")
		os.Exit(64)
	}
	quiet.Boot()
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

// safely turns a panic of f into its error.
func (u *unit) safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("preinit panicked: %v", r)
		}
	}()
	return f()
}
