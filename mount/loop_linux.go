package mount

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Loop makes a loop device of what stands in file from an offset on, in bytes.
// The device goes when nothing uses it any more: it is mounted before the
// descriptor returned is closed, whose name is that of the node.
func Loop(file string, offset int64) (*os.File, error) {
	loop, err := makeLoop(file, offset)
	if err != nil {
		return nil, fmt.Errorf("cannot make a loop device of %s from byte %d on: %w", file, offset, err)
	}
	return loop, nil
}

func makeLoop(file string, offset int64) (*os.File, error) {
	back, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer back.Close()
	for {
		loop, err := freeLoop()
		if err != nil {
			return nil, err
		}
		err = unix.IoctlSetInt(int(loop.Fd()), unix.LOOP_SET_FD, int(back.Fd()))
		if err == nil {
			info := unix.LoopInfo64{Offset: uint64(offset), Flags: unix.LO_FLAGS_AUTOCLEAR}
			if err = unix.IoctlLoopSetStatus64(int(loop.Fd()), &info); err == nil {
				return loop, nil
			}
			unix.IoctlSetInt(int(loop.Fd()), unix.LOOP_CLR_FD, 0)
		}
		loop.Close()
		if !errors.Is(err, unix.EBUSY) { // another process was quicker
			return nil, err
		}
	}
}

// freeLoop opens a loop device that has no file.
func freeLoop() (*os.File, error) {
	control, err := os.Open("/dev/loop-control")
	if err != nil {
		return nil, err
	}
	defer control.Close()
	n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(fmt.Sprint("/dev/loop", n), os.O_RDWR, 0)
}
