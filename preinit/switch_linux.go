package main

import (
	"chainroot/boot"
	"chainroot/mount"
)

// enterRoot moves all mounts to their places in the new root, and that over the
// initramfs.
func (u *unit) enterRoot() error {
	if mountedOn(lowerDir) {
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
