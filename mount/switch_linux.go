package mount

import (
	"fmt"

	"golang.org/x/sys/unix"

	"chainroot/quiet"
)

// Switch puts the mount at root in place of the file system root, with all
// mounts below it, and makes it the root and working directory of this
// process. From a rootfs, which an initramfs is, pivot_root(2) is refused: one
// move over / takes its place, and what was there before is hidden under it
// for good.
func Switch(root string) error {
	if err := unix.Chdir(root); err != nil {
		return fmt.Errorf("cannot enter %s: %w", root, err)
	}
	if err := quiet.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("cannot move %s over /: %w", root, err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("cannot make %s the root: %w", root, err)
	}
	if err := unix.Chdir("/"); err != nil {
		return fmt.Errorf("cannot enter the new root: %w", err)
	}
	return nil
}

// Free removes the files below root, which must be the root of an initramfs,
// and so gives their memory back. It stays on that file system, leaves mount
// points alone, and the entries of the root that keep names. On any other file
// system than those that an initramfs is unpacked to it does nothing and
// returns an error.
func Free(root string, keep ...string) error {
	fd, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot free %s: %w", root, err)
	}
	var fs unix.Statfs_t
	var stat unix.Stat_t
	if err = unix.Fstatfs(fd, &fs); err == nil {
		err = unix.Fstat(fd, &stat)
	}
	switch {
	case err != nil:
	case uint32(fs.Type) != unix.RAMFS_MAGIC && uint32(fs.Type) != unix.TMPFS_MAGIC:
		err = fmt.Errorf("it is no initramfs but a file system of type %#x", uint32(fs.Type))
	default:
		free(fd, uint64(stat.Dev), keep)
		return nil
	}
	unix.Close(fd)
	return fmt.Errorf("cannot free %s: %w", root, err)
}

// free empties the directory of fd, which it closes. What cannot be removed
// stays: this only saves memory.
func free(fd int, device uint64, keep []string) {
	defer unix.Close(fd)
	names, _ := namesIn(fd)
names:
	for _, name := range names {
		for _, k := range keep {
			if name == k {
				continue names
			}
		}
		child, err := unix.Openat(fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			unix.Unlinkat(fd, name, 0)
			continue
		}
		if foreign(child, device) {
			unix.Close(child)
			continue
		}
		free(child, device, nil)
		unix.Unlinkat(fd, name, unix.AT_REMOVEDIR)
	}
}

// foreign reports whether fd is a mount point or lies on another device. A
// kernel before 5.8 does not tell a bind mount of the same device.
func foreign(fd int, device uint64) bool {
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) != nil || uint64(stat.Dev) != device {
		return true
	}
	var more unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, 0, &more)
	return err == nil && more.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
