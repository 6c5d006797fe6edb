package mount

import (
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"chainroot/quiet"
)

// Device mounts the file system fstype of a device, or of what source names
// where there is none, on dir, which is made if it is missing.
func Device(source, dir, fstype string, flags uintptr, data string) error {
	if err := makeDir(dir); err != nil {
		return fmt.Errorf("cannot make the mount point of %s: %w", source, err)
	}
	if err := quiet.Mount(source, dir, fstype, flags, data); err != nil {
		return fmt.Errorf("cannot mount %s as %s on %s: %w", source, fstype, dir, err)
	}
	return nil
}

// makeDir makes a directory, and those above it that are missing too.
func makeDir(dir string) error {
	if err := unix.Mkdir(dir, 0o755); err == nil || err == unix.EEXIST {
		return nil // what is no directory is no mount point
	}
	return os.MkdirAll(dir, 0o755)
}

// Squashfs mounts a device read-only on dir.
func Squashfs(device, dir string) error {
	return Device(device, dir, "squashfs", unix.MS_RDONLY, "")
}

// Tmpfs mounts a tmpfs of mode 0755 on dir; source is the name it gets in
// /proc/mounts. An empty size leaves the kernel's own limit, half of the RAM;
// Size checks others.
func Tmpfs(source, dir, size string) error {
	data := "mode=0755"
	if size != "" {
		data += ",size=" + size
	}
	return Device(source, dir, "tmpfs", 0, data)
}

// Move moves the mount at from to the directory to. A symbolic link at to is
// refused: the kernel would follow it to anywhere.
func Move(from, to string) error {
	if err := Point(to); err != nil {
		return fmt.Errorf("cannot move %s: %w", from, err)
	}
	if err := quiet.Mount(from, to, "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("cannot move %s to %s: %w", from, to, err)
	}
	return nil
}

// Bind makes the tree at from show at the directory to as well.
func Bind(from, to string) error {
	if err := Point(to); err != nil {
		return fmt.Errorf("cannot bind %s: %w", from, err)
	}
	if err := quiet.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot bind %s to %s: %w", from, to, err)
	}
	return nil
}

// Point returns an error unless dir can be a mount point: a directory, and no
// link to one.
func Point(dir string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(dir, &stat); err != nil {
		return fmt.Errorf("cannot use mount point: %w", &fs.PathError{Op: "lstat", Path: dir, Err: err})
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return fmt.Errorf("cannot use mount point %s: it is no directory", dir)
	}
	return nil
}

// Detach takes the mount at dir, and all below it, out of the tree. The file
// system goes as soon as nothing uses it; a tmpfs frees its memory then.
func Detach(dir string) error {
	if err := unix.Unmount(dir, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
		return fmt.Errorf("cannot detach %s: %w", dir, err)
	}
	return nil
}
