// Package mount holds the mounts that a unit's root is built of, one function
// per kind: squashfs, tmpfs, overlay, the kernel's own file systems; moving
// them to where they will stand, and putting the finished root in place of the
// initramfs. It also finds devices by their names in sysfs, and makes those that
// are not there by themselves: UBI volumes, their block devices, loop devices.
//
// Read overlay_linux.go and switch_linux.go first: they hold what is not
// obvious. The functions do one thing each and keep no state; what order they
// are called in is preinit's business.
//
// Everything here but Scratch changes the mount name space of the calling
// process: tests run it in one of their own.
package mount
