package mount

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Scratch makes a tmpfs that takes at most size bytes and is mounted nowhere,
// and returns its root directory. It is reached by way of that descriptor alone
// (/proc/self/fd/N) and goes, with all that is in it, when the descriptor is
// closed or the process ends, however it ends. It takes root, and Linux 5.2.
func Scratch(size int64) (*os.File, error) {
	root, err := scratch(size)
	switch {
	case errors.Is(err, unix.EPERM):
		err = fmt.Errorf("it takes root: %w", err)
	case errors.Is(err, unix.ENOSYS):
		err = fmt.Errorf("it takes Linux 5.2: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot make a file system in RAM: %w", err)
	}
	return os.NewFile(uintptr(root), "scratch"), nil
}

func scratch(size int64) (root int, err error) {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	if err = unix.FsconfigSetString(fs, "size", strconv.FormatInt(size, 10)); err == nil {
		err = unix.FsconfigSetString(fs, "mode", "0700")
	}
	if err == nil {
		err = unix.FsconfigCreate(fs)
	}
	if err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
}
