// Package scenario holds the tests that boot machines: what a unit does, told as
// the steps someone would try on one, with rootfs_data as MTD and as a plain
// block device of a PC; kinds_test.go has all other kinds of flash, life_test.go the
// other boards, debian_test.go a firmware that is a whole distribution, grub_test.go
// and uboot_test.go boot loaders.
//
// They need what `make images` puts in place, and skip with a reason where it is
// missing; `make test` takes a skip for a failure. `go test -short` leaves them
// out. A test that fails prints the end of the console and the command line that
// boots the same machine on a terminal, and leaves its flash and all consoles in
// build/scenario.
//
// Read unit_test.go (a unit in a test), check_test.go (what can be asked of one),
// layer_test.go (chains made on the host) and resets_test.go (units that reboot by
// themselves), then the scenarios in any order.
package scenario
