// Package image builds what the test machines boot, into one directory:
//
//	vmlinux         Debian's kernel
//	initramfs.cpio  preinit, with the modules the machines need
//	root.squashfs   the firmware: busybox, /sbin/snapshot, an /etc like a router's
//	debian.squashfs another firmware: Debian with systemd, and /sbin/snapshot
//	tools.squashfs  what tests need on Debian
//
// The kernel, Debian and the boot loaders come from Debian's package archive
// through apt, without being installed, and stay in the user's cache directory, so
// that only the first build needs a network. The same kernel and programs give the
// same bytes.
//
// Read build.go, then kernel.go (where the kernel comes from), archive.go (how
// apt serves another architecture than the host's), vmlinux.go (how the kernel
// is unpacked), firmware.go (the tree of the squashfs) and squashfs.go;
// debian.go and tools.go are the other firmware. whole.go makes disks that boot by
// themselves, with grub.go on a PC and uboot.go on arm64, configured by what
// readme.go finds in README.md.
package image
