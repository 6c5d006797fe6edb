// Initramfs writes the archive that the kernel unpacks before it runs preinit:
// a newc cpio, as the kernel's Documentation/driver-api/early-userspace/
// buffer-format.rst describes it.
//
//	initramfs -preinit build/amd64/preinit -o initramfs.cpio \
//	    -modules-dir /lib/modules/6.1.0-56-amd64 -module virtio_blk,squashfs,overlay
//
// The archive holds
//
//	/preinit                 the program given with -preinit
//	/init                    a link to it, for kernels started without rdinit=
//	/dev/console, kmsg, null what the kernel and preinit need to say anything
//	/dev, /proc, /sys, …     the mount points of the boot
//	/modules/NNN-name.ko     kernel modules, in the order in which to load them
//	/bin/sh, /bin/busybox    the emergency shell, if -shell is given
//
// and the files given with -file.
//
// The same inputs give the same bytes: entries are sorted, owned by root, dated
// 1970, numbered in order, and executable or not; nothing else of a file on the
// host enters the archive. It is not compressed: an archive that is linked into
// a kernel or joined to it is compressed there, or by any tool.
//
// preinit has no dependency resolver. The load order is worked out here, from
// what depmod wrote: modules.dep, modules.builtin, modules.softdep and
// modules.alias.
//
// Read modules.go (what depmod knows), order.go (who comes first), contents.go
// (what goes in), archive.go (the bytes), main.go (the flags).
package main
