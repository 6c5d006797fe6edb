package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// noRoom reports whether err is a lack of memory, which a state that holds less
// may not have.
func noRoom(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.ENOMEM) }

// roomFor adds to an error that comes from a full tmpfs, the one at dir, how
// much it can hold and what sets that.
func (u *unit) roomFor(dir string, err error) error {
	var fs unix.Statfs_t
	if !errors.Is(err, unix.ENOSPC) || unix.Statfs(dir, &fs) != nil {
		return err
	}
	if fs.Files > 0 && fs.Ffree == 0 {
		return fmt.Errorf("%w: %s holds at most %d files, which the kernel allows with this much RAM", err, dir, fs.Files)
	}
	limit := "half of the RAM: snapshot.size= sets another limit"
	if u.par.size != "" {
		limit = "for snapshot.size=" + u.par.size + ": a larger one makes room"
	}
	return fmt.Errorf("%w: %s holds at most %d KiB, %s", err, dir, int64(fs.Blocks)*int64(fs.Bsize)>>10, limit)
}
