package qemu

import "fmt"

// Attach is how a machine gets at its rootfs_data.
type Attach int

const (
	MTD   Attach = iota // as an MTD partition, through block2mtd
	Block               // as a plain block device
	None                // not at all
	UBI                 // as a UBI volume, in the MTD partition ubi
	GPT                 // as a partition of a disk, by its label
	Disk                // behind the squashfs, on one disk: Flash holds both
	NAND                // as an MTD partition of a raw NAND chip with bad blocks
	RAM                 // as an MTD partition in RAM
	NOR                 // as an MTD partition of the board's NOR chip, which Flash is
	Chip                // so too, with the squashfs in another partition
	Whole               // as a partition of a disk with the squashfs and all that boots it
)

func (a Attach) String() string {
	return [...]string{"mtd", "block", "none", "ubi", "gpt", "disk", "nand", "ram", "nor", "chip", "whole"}[a]
}

// Volatile reports whether what is attached is gone with the machine: there is no
// image of it on the host.
func (a Attach) Volatile() bool { return a == NAND || a == RAM }

// onChip reports whether the board's own flash chip is what is attached.
func (a Attach) onChip() bool { return a == NOR || a == Chip }

// Module is the kernel module that only machines with this kind load, for it
// makes a device wherever it is loaded; empty: there is none.
func (a Attach) Module() string {
	switch a {
	case NAND:
		return "nandsim"
	case RAM:
		return "mtdram"
	}
	return ""
}

// Bad lists the erase blocks of a NAND chip that are bad from the start.
var Bad = []int{0, 3, 6}

// The shape of the NAND chip: the first partition has as many erase blocks as it
// takes, of 64 pages of 2048 bytes.
const (
	NANDEraseSize = 128 << 10
	NANDWriteSize = 2048
	NANDBlocks    = 64
)

// The NOR chip of a Malta, in bytes, and its partitions: rootfs_data is what
// follows the first two.
const (
	ChipSize = 4 << 20
	ChipBoot = 64 << 10   // where a boot loader would stand; QEMU puts its own there
	ChipRoot = 3008 << 10 // the squashfs
)

// Where the partitions of a disk begin that boots by itself, in bytes. In front of
// them stands what the board starts first.
const (
	WholeBoot = 2 << 20  // boot: kernel, initramfs, and what the boot loader reads
	WholeRoot = 66 << 20 // rootfs: the squashfs
	WholeData = 82 << 20 // rootfs_data
)

// params are the kernel parameters that attach the disk at node.
func (a Attach) params(node string) []string {
	switch a {
	case MTD:
		return []string{fmt.Sprintf("block2mtd.block2mtd=%s,%d,rootfs_data", node, EraseSize)}
	case UBI:
		return []string{fmt.Sprintf("block2mtd.block2mtd=%s,%d,ubi", node, EraseSize)}
	case Block:
		return []string{"snapshot.device=" + node}
	case NAND:
		return []string{
			"nandsim.first_id_byte=0xec", "nandsim.second_id_byte=0xa1", "nandsim.third_id_byte=0x00", "nandsim.fourth_id_byte=0x15",
			fmt.Sprint("nandsim.parts=", NANDBlocks), fmt.Sprintf("nandsim.badblocks=%d,%d,%d", Bad[0], Bad[1], Bad[2]),
			"snapshot.device=mtd0",
		}
	case NOR, Chip:
		return []string{fmt.Sprintf("mtdparts=1e000000.flash:%dk(boot)ro,%dk(rootfs)ro,-(rootfs_data)", ChipBoot>>10, ChipRoot>>10)}
	case RAM:
		return []string{"mtdram.total_size=8192", fmt.Sprint("mtdram.erase_size=", EraseSize>>10), `"snapshot.device=mtd:mtdram test device"`}
	}
	return nil
}
