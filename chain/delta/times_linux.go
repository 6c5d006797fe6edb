package delta

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// setTime sets the time of modification, and of access, of name in a directory,
// not following a link; "." is the directory itself.
func setTime(dir int, name string, a *Attr) error {
	if err := utimens(dir, name, a.Sec, a.Nsec); err != nil {
		return fmt.Errorf("cannot set the time: %w", err)
	}
	return nil
}

// utimensPlain is utimensat with the seconds that unix.Timespec can hold.
func utimensPlain(dir int, name string, ts unix.Timespec) error {
	return unix.UtimesNanoAt(dir, name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}
