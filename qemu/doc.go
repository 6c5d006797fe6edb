// Package qemu boots chainroot on virtual machines.
//
// A Board is a kind of machine: a PC, QEMU's virt with an arm64, a Malta with a MIPS.
// A Machine is a description of one: Args is its command line, nothing else goes into
// a boot. Start and Boot make a VM of it, one process for one boot: where the
// machine would reset, the process ends, and the next boot may have another
// kernel command line. One that Resets boots again by itself, and ReadyAt waits for
// a boot of it. The VM has a Console, for what the kernel and preinit
// say and for emergency shells, and a second serial line on which Run executes
// shell commands, answered by the probe that the test image carries, or that
// Enter starts from a shell on that line; with Follow, a command that does not
// end has the line for itself. Kill is a power cut.
//
// The machine is emulated (tcg). QEMU_ACCEL=kvm takes another accelerator.
//
// Around it:
//
//	setup      installs the Debian packages that all this needs, if any is missing
//	image      kernel, initramfs and squashfs, built for these machines
//	malta      kernel and busybox of the big-endian board, from Debian's sources
//	mkimage    the program that builds them
//	probe      the program inside the squashfs: runs commands, makes and describes
//	           trees, and is the loop of powercut
//	agent      what the second serial line carries
//	scenario   the tests that boot machines
//	powercut   make powercut-vm
//	demo, run  make demo, make run
package qemu
