package delta

import "golang.org/x/sys/unix"

// remove removes name and all below it, whatever it is and however deep. It
// holds one directory open at a time and goes back through "..": nobody else is
// in there.
func (d *Replayer) remove(dir int, name string) error {
	err := unix.Unlinkat(dir, name, 0)
	if err != unix.EISDIR {
		return err
	}
	if err := d.empty(dir, name); err != nil {
		return err
	}
	return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
}

// empty removes all that is in the directory name. What is known of directories does
// not count from then on: some may be gone.
func (d *Replayer) empty(dir int, name string) error {
	d.removals++
	fd, err := ignoringEINTR(func() (int, error) { return unix.Openat(dir, name, openDir, 0) })
	if err != nil {
		return err
	}
	defer func() { unix.Close(fd) }()
	var above []string // the names of the directories between
	for {
		down, err := d.emptyOne(fd)
		switch {
		case err != nil:
			return err
		case down != "":
			below, err := ignoringEINTR(func() (int, error) { return unix.Openat(fd, down, openDir, 0) })
			if err != nil {
				return err
			}
			unix.Close(fd)
			fd, above = below, append(above, down)
		case len(above) == 0:
			return nil
		default:
			up, err := ignoringEINTR(func() (int, error) { return unix.Openat(fd, "..", openDir, 0) })
			if err != nil {
				return err
			}
			unix.Close(fd)
			fd = up
			if err := unix.Unlinkat(fd, above[len(above)-1], unix.AT_REMOVEDIR); err != nil {
				return err
			}
			above = above[:len(above)-1]
		}
	}
}

// emptyOne removes what is in an open directory, up to the first directory that
// is not empty, whose name it returns; "": all is removed.
func (d *Replayer) emptyOne(fd int) (string, error) {
	if d.dirents == nil {
		d.dirents = make([]byte, 8<<10)
	}
	for {
		if _, err := unix.Seek(fd, 0, 0); err != nil {
			return "", err
		}
		n, err := ignoringEINTR(func() (int, error) { return unix.ReadDirent(fd, d.dirents) })
		if err != nil {
			return "", err
		}
		_, _, names := unix.ParseDirent(d.dirents[:max(n, 0)], -1, nil)
		if len(names) == 0 {
			return "", nil
		}
		for _, name := range names {
			err := unix.Unlinkat(fd, name, 0)
			if err == unix.EISDIR {
				if err = unix.Unlinkat(fd, name, unix.AT_REMOVEDIR); err == unix.ENOTEMPTY {
					return name, nil
				}
			}
			if err != nil {
				return "", err
			}
		}
	}
}
