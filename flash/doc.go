// Package flash gives the chain one view of what it can stand on: an MTD
// partition, a UBI volume, a block device, or a file.
//
// A Device is a row of erase blocks. A block is erased as a whole, to 0xFF;
// after that each of its write units is programmed once, in rising order. Code
// that keeps to these two rules runs on NOR, NOR with ECC, NAND, UBI, block
// devices and files alike; package sim is a device that panics when they are
// broken, and that cuts the power.
//
// Reading order: device.go (the interface and the rules), node.go (what devices
// behind a node have in common), file.go (files and block devices,
// from an offset on: offset.go), char_linux.go (which character device is what),
// mtd_linux.go with lock_linux.go, and ubi_linux.go; shadow.go is what a device would
// become.
package flash
