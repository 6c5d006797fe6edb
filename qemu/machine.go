package qemu

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// EraseSize is the erase block of rootfs_data, in bytes, where the flash does not
// have another.
const EraseSize = 64 << 10

// Machine is a machine to boot. The zero values of Board, WriteRate, Memory,
// RootParam and Accel stand for defaults.
type Machine struct {
	Board     *Board   // nil: x86_64
	Kernel    string   // kernel, in a form that the board boots; empty: a boot loader finds one
	Loader    string   // boot loader, where the board has none of its own and Kernel is empty
	LoaderEnv string   // flash with the environment of Loader, read-only
	Initramfs string   // cpio with preinit; empty: the kernel has it built in
	AsInit    bool     // preinit is not named to the kernel, which starts /init
	Root      string   // squashfs, read-only; empty: no such disk
	Flash     string   // image of rootfs_data, or of what holds it; empty: no such disk
	Attach    Attach   // what Flash is to the kernel
	Disks     []string // further disks, read-only, in this order behind the others, on a Malta before Flash
	WriteRate int      // of Flash, in bytes per second, each request on its own; 0: as fast as it goes
	RootParam string   // value of root=; empty: the disk with the squashfs
	Params    []string // further kernel parameters
	Memory    int      // MiB; 0: what the board has
	Resets    bool     // a reset is one; else the machine ends there
	Watchdog  bool     // a timer that resets a PC, once something has started it and does not feed it
	Cable     *Cable   // to another machine; nil: there is no network
	Accel     string   // accelerator; empty: $QEMU_ACCEL, or else tcg
}

// Serial says where the two serial lines of a machine lead.
type Serial struct {
	Console string // argument of -serial for the console
	AgentFD int    // inherited socket for the agent; 0: no second line
}

// Terminal leads the console to the terminal: Ctrl-A X leaves.
var Terminal = Serial{Console: "mon:stdio"}

// Args is the command line that boots the machine.
//
// The machine has nothing that it does not need, and, unless Resets says so, no
// second boot: where it would reset, QEMU ends.
func (m *Machine) Args(s Serial) []string {
	b := m.board()
	memory := m.Memory
	if memory == 0 {
		memory = b.Memory
	}
	args := slices.Concat([]string{b.Program}, b.machine, []string{
		"-accel", m.accel(), "-m", fmt.Sprint(memory),
		"-nodefaults", "-no-user-config", "-display", "none",
		"-serial", s.Console,
	})
	if !m.Resets {
		args = append(args, "-no-reboot")
	}
	if m.Kernel != "" {
		args = append(args, "-kernel", m.Kernel, "-append", m.CommandLine())
	}
	if m.Loader != "" {
		args = append(args, "-bios", m.Loader, "-drive", drive("pflash", "env", m.LoaderEnv, "unit=1,readonly=on"))
	}
	if m.Initramfs != "" {
		args = append(args, "-initrd", m.Initramfs)
	}
	if s.AgentFD != 0 {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=agent,fd=%d", s.AgentFD))
		if b.agentPort != "" {
			args = append(args, "-device", b.agentPort+",chardev=agent")
		} else {
			args = append(args, "-serial", "chardev:agent")
		}
	}
	if m.Root != "" {
		args = append(args, disk("root", m.Root, "readonly=on", "")...)
	}
	if m.Flash != "" {
		// A machine that is killed keeps what it wrote, in the host's page cache:
		// to wait for the host's disk on every flush would prove nothing more.
		option, device := "cache=unsafe", ""
		if m.WriteRate != 0 {
			option += fmt.Sprint(",throttling.bps-write=", m.WriteRate)
			device = ",request-merging=off"
		}
		if b.flashSlot != "" {
			device += ",addr=" + b.flashSlot
		}
		if m.Attach.onChip() {
			args = append(args, "-drive", drive("pflash", "flash", m.Flash, option))
		} else {
			args = append(args, disk("flash", m.Flash, option, device)...)
		}
	}
	for i, file := range m.Disks {
		args = append(args, disk(fmt.Sprint("disk", i), file, "readonly=on", "")...)
	}
	if m.Watchdog {
		args = append(args, "-device", "i6300esb", "-action", "watchdog=reset")
	}
	if m.Cable != nil {
		args = append(args, m.Cable.args()...)
	}
	return args
}

func disk(id, file, option, device string) []string {
	return []string{"-drive", drive("none", id, file, option), "-device", "virtio-blk-pci,drive=" + id + device}
}

func drive(kind, id, file, option string) string {
	return fmt.Sprintf("if=%s,id=%s,format=raw,%s,file=%s", kind, id, option, strings.ReplaceAll(file, ",", ",,"))
}

func (m *Machine) board() *Board {
	if m.Board != nil {
		return m.Board
	}
	return usual
}

func (m *Machine) accel() string {
	if m.Accel != "" {
		return m.Accel
	}
	if a := os.Getenv("QEMU_ACCEL"); a != "" {
		return a
	}
	return "tcg"
}

// fast leaves out what costs an emulated machine a second of its boot and has
// nothing to do with what is tested.
var fast = []string{"cryptomgr.notests", "mitigations=off"}

// CommandLine is what the kernel is started with.
func (m *Machine) CommandLine() string {
	b := m.board()
	params := []string{"console=" + b.Console}
	if !m.AsInit {
		params = append(params, "rdinit=/preinit")
	}
	params = slices.Concat(params, []string{"loglevel=7"}, b.params, fast)
	disks := []string{"/dev/vda", "/dev/vdb"}
	root := m.RootParam
	switch {
	case root != "":
	case m.Root != "" || m.Attach == Disk:
		root = disks[0]
	case m.Attach == Chip:
		root = "mtd:rootfs"
	}
	if m.Root != "" {
		disks = disks[1:]
	}
	if root != "" {
		params = append(params, "root="+root)
	}
	if m.Flash != "" || m.Attach.Volatile() {
		params = append(params, m.Attach.params(disks[0])...)
	}
	return strings.Join(append(params, m.Params...), " ")
}

// Reproduce is a line for a shell that boots the machine on the terminal.
func (m *Machine) Reproduce() string {
	var words []string
	for _, word := range m.Args(Terminal) {
		if strings.ContainsAny(word, " \t\n'\"\\$&;()<>|*?[]#~`{}!") || word == "" {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
