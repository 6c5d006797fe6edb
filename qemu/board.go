package qemu

import (
	"fmt"
	"strings"
)

// Board is a kind of machine.
type Board struct {
	Arch    string   // Go's name of its architecture
	Program string   // the emulator
	Console string   // terminal of the first serial line, a name in /dev
	Agent   string   // terminal of the second one
	Memory  int      // MiB, where a Machine does not say
	Attach  []Attach // to a rootfs_data that stays; the first is the usual one

	machine   []string // arguments of the emulator that make the board
	agentPort string   // device that the second serial line needs; empty: the board has one
	flashSlot string   // PCI slot of the disk that is the flash; empty: the next one
	params    []string // kernel parameters that only such a board wants
	maxParams int      // bytes of kernel parameters that it takes; 0: enough
}

// boards are all there are. A Malta is MIPS Technologies' board for their CPUs,
// with 4 MiB of NOR flash.
var boards = []*Board{
	{
		Arch: "amd64", Program: "qemu-system-x86_64", Console: "ttyS0", Agent: "ttyS1", Memory: 256,
		Attach:  []Attach{MTD, Block, UBI, GPT, Disk, Whole},
		machine: []string{"-machine", "q35"},
		params:  []string{patient},
	},
	{
		Arch: "arm64", Program: "qemu-system-aarch64", Console: "ttyAMA0", Agent: "ttyS0", Memory: 256,
		Attach:    []Attach{Block, GPT, Disk, Whole}, // Debian's kernel has no block2mtd here
		machine:   []string{"-machine", "virt", "-cpu", "cortex-a53"},
		agentPort: "pci-serial",
	},
	{
		Arch: "mips", Program: "qemu-system-mips", Console: "ttyS0", Agent: "ttyS1", Memory: 64,
		Attach:  []Attach{NOR, Chip, MTD, Block, UBI},
		machine: []string{"-machine", "malta", "-cpu", "24Kf"}, flashSlot: maltaSlot, maxParams: maltaParams,
	},
	{
		Arch: "mipsle", Program: "qemu-system-mipsel", Console: "ttyS0", Agent: "ttyS1", Memory: 64,
		Attach:  []Attach{MTD, Block},
		machine: []string{"-machine", "malta", "-cpu", "24Kf"}, flashSlot: maltaSlot, maxParams: maltaParams,
	},
	{
		Arch: "mips64le", Program: "qemu-system-mips64el", Console: "ttyS0", Agent: "ttyS1", Memory: 64,
		Attach:  []Attach{MTD, Block},
		machine: []string{"-machine", "malta", "-cpu", "5KEc"}, flashSlot: maltaSlot, maxParams: maltaParams,
	},
}

// maltaParams is what QEMU's malta leaves of the 255 bytes that an argument of its
// firmware takes: the place of the initramfs comes first.
const maltaParams = 208

// maltaSlot gives the flash an interrupt of its own. The slots before it share one with
// the disk of the squashfs, and the interrupt controller waits for an edge: where one
// disk is ready while the other one still asks, that is lost, and with it the disk.
const maltaSlot = "0x14"

// patient leaves out a test of the timer that an emulated machine fails now and
// then on a busy host: the kernel panics, or takes another timer and hangs.
const patient = "no_timer_check"

// BoardOf returns the board with an architecture, by Go's name of it.
func BoardOf(arch string) (*Board, error) {
	var known []string
	for _, b := range boards {
		if b.Arch == arch {
			return b, nil
		}
		known = append(known, b.Arch)
	}
	return nil, fmt.Errorf("there is no test machine with a %q: there are %s", arch, strings.Join(known, ", "))
}

// Boards returns all boards.
func Boards() []*Board { return boards }

// usual is the board of a Machine that names none.
var usual = boards[0]
