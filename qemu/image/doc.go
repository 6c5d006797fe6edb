// Package image builds what the test machines boot, into one directory:
//
//	vmlinux         Debian's kernel
//	initramfs.cpio  preinit, with the modules the machines need
//	root.squashfs   the firmware: busybox, /sbin/snapshot, an /etc like a router's
//
// The kernel comes from Debian's package archive through apt, without being
// installed, and stays in the user's cache directory, so that only the first
// build needs a network. The same kernel and programs give the same bytes.
//
// Read build.go, then kernel.go (where the kernel comes from), archive.go (how
// apt serves another architecture than the host's), vmlinux.go (how the kernel
// is unpacked), firmware.go (the tree of the squashfs) and squashfs.go.
package image
