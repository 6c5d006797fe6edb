package main

import (
	"fmt"
	"os"
	"slices"
	"syscall"

	"chainroot/boot"
	"chainroot/mount"
)

// enterRoot moves all mounts to their places in the new root, and that over the
// initramfs.
func (u *unit) enterRoot() error {
	if slices.Contains(u.stack.mounted, lowerDir) {
		// Overlay 2 keeps it; nobody needs to see it.
		if err := mount.Detach(lowerDir); err != nil {
			u.log.warnf("%v", err)
		}
	}
	for _, dir := range u.toMove() {
		if err := mount.Move(dir, u.root+dir); err != nil {
			return err
		}
	}
	if u.par.shell {
		u.log.warnf("snapshot.shell: a shell in the new root; the boot goes on when it exits")
		if err := u.shell(u.root); err != nil {
			u.log.errorf("%v", err)
		}
	}
	if err := mount.Switch(u.root); err != nil {
		return err
	}
	u.root = "/"
	return nil
}

// toMove returns what is mounted in the initramfs and can stand in the new root.
// That everything has a place in an overlay is known since it was mounted; the
// squashfs alone has those places that its makers gave it.
func (u *unit) toMove() []string {
	if u.plan.layout != boot.Bare {
		return points
	}
	var dirs []string
	for _, dir := range points[1:] {
		if !mountedOn(dir) {
			continue
		}
		if err := mount.Point(u.root + dir); err != nil {
			u.log.warnf("%v", err)
			continue
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// initCommand is the command line of the real init: the arguments are those
// that the kernel did not know and gave to preinit.
func (u *unit) initCommand() []string {
	return append([]string{u.init}, os.Args[1:]...)
}

// execInit makes this process the real init, with the environment that the
// kernel gave. Exec leaves it the standard descriptors and nothing else.
func (u *unit) execInit() error {
	u.restoreLimit()
	if err := syscall.Exec(u.init, u.initCommand(), os.Environ()); err != nil {
		return fmt.Errorf("cannot exec %s: %w", u.init, err)
	}
	return nil
}
