package machine

import "chainroot/qemu"

// machine is a kind of machine to boot on.
type machine struct {
	name       string
	arch       string
	attach     qemu.Attach
	modules    string // that the initramfs carries, for all but plain
	few        string // those that plain needs
	root       string // node of the squashfs
	data       string // node of rootfs_data
	compressor string // of the squashfs
	compiler   string // of the real init
	writeSize  string // write unit of rootfs_data, in bytes
}

// machines are a PC with two disks, and a MIPS board with all on its NOR chip, whose
// kernel has no modules.
var machines = []machine{
	{
		name: "x86", arch: "amd64", attach: qemu.Block,
		modules: "virtio_pci,virtio_blk,squashfs,overlay", few: "virtio_pci,virtio_blk,squashfs",
		root: "/dev/vda", data: "/dev/vdb",
		compressor: "lz4", compiler: "x86_64-linux-gnu-gcc", writeSize: "4096",
	},
	{
		name: "malta", arch: "mips", attach: qemu.Chip,
		root: "/dev/mtdblock1", data: "/dev/mtd2",
		compressor: "xz", compiler: "mips-linux-gnu-gcc", writeSize: "1",
	},
}

// flashSize is that of rootfs_data, in bytes, where it is not what the chip leaves.
const flashSize = 8 << 20

// offset is where rootfs_data begins in the image of the flash, in bytes.
func (m *machine) offset() int64 {
	if m.attach == qemu.Chip {
		return qemu.ChipBoot + qemu.ChipRoot
	}
	return 0
}
