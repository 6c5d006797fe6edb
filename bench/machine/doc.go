// Package machine measures how long a boot takes on virtual machines, from the
// kernel's start of the initramfs to the first instruction of the real init: that of
// preinit against what a unit would do without it.
//
// All boots of a machine have the same kernel, squashfs, memory and devices, and
// differ in the initramfs and in what rootfs_data holds:
//
//	empty    preinit, rootfs_data is erased
//	A        preinit, rootfs_data has a chain with one snapshot, of data set A
//	busybox  a shell init that builds the same mounts, with nothing to unpack
//	tar.gz   so too, and busybox unpacks the files of A from a tar.gz that begins
//	         where rootfs_data does
//	plain    a shell init that mounts the squashfs and starts its init, no more
//
// The time is the guest's own, printk's: from "Run /preinit as init process" to what
// the real init writes to the kernel's log before anything else. That init is
// the same for all, and has a few instructions of its own. Boots of all kinds come in
// turn, so that what the host does meanwhile falls on all; what counts is the median. Of
// the kinds that a bound compares there are twice as many.
//
// Emulation (tcg) translates code when it runs for the first time, which costs many
// times what running it does: a boot runs most of its code once.
//
// Read measure.go, then setup.go (what is booted), boot.go; machine.go has the two
// machines, shell.go the peer.
package machine
