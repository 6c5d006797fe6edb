// Powercut cuts the power of machines: make powercut-vm.
//
//	powercut [-n CUTS] [-seed N] [-window DURATION] [-convert]
//
// Two units, one with its chain on MTD (block2mtd) and one with a plain block
// device (virtio-blk), take turns, side by side. In each, a loop inside the
// machine runs config, push, rollback, rollback --undo and compact, one after
// the other. A line goes out on a serial line before each command and after it;
// what comes next waits until the line has left the machine. At a random moment
// the emulator gets SIGKILL. The host looks into the flash, the machine boots
// from it again, and what it shows, to the last attribute and byte of what the
// loop changes, must be what was acknowledged last, or what the command in
// flight was to make, whole. Then the loop goes on from there, on the same
// flash: what cuts leave behind piles up.
//
// What this shows: after SIGKILL the emulator's image holds what the machine
// had written to its disk, for that lies in the page cache of the host, which
// does not lose power. What is lost is all that the machine's own page cache
// still held, and what was in flight to the disk: pages are written one by one
// and slowly, so a cut leaves some of them and not others. So it is a test of
// what the programs sync, and in which order; block2mtd in particular writes
// nothing to its disk before it is synced. It is no test of what a disk forgets
// that has said that it was flushed, nor of bits that flash leaves half
// programmed: flash/sim is for those.
//
// A seed gives the same commands and the same delays; which moment of a command
// a delay hits depends on the host.
//
// With -convert, the units run on jffs2, and each cut hits `snapshot convert`: what
// boots afterwards is jffs2 or the chain, with the same files.
//
// Read main.go, unit.go, round.go, look.go (what the host sees), report.go, and
// convert.go;
// package journal has the model of the chain, and the verdict.
package main
