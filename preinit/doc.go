// Preinit is PID 1 in the initramfs. It builds the root file system of the
// unit from the squashfs and the chain in rootfs_data, puts it in place of the
// initramfs and execs the real init.
//
// Read boot_linux.go first: the boot is the list there, one short file per
// duty. What can go wrong in building the root goes down the ladder in
// ladder_linux.go, to the next weaker state; what is left after its last rung,
// and every panic, ends in emergency_linux.go: a shell, or a reboot after
// panic= seconds. It never exits. All that it ever writes to flash is in
// repair_linux.go and trial_linux.go: what a power cut has left between two states
// is tied up, and a boot of a state on trial is recorded.
//
// Every message goes to /dev/kmsg behind the prefix "preinit: ". What happened
// also stands in /snapshot/boot.json, package boot has its form.
package main
