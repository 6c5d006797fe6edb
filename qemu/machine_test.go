package qemu_test

import (
	"slices"
	"strings"
	"testing"

	"chainroot/qemu"
)

var machine = qemu.Machine{Kernel: "k", Initramfs: "i", Root: "r", Flash: "f", Accel: "tcg"}

func board(arch string) *qemu.Board {
	b, err := qemu.BoardOf(arch)
	if err != nil {
		panic(err)
	}
	return b
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*qemu.Machine)
		want   []string
		not    []string
	}{
		{"mtd", func(m *qemu.Machine) {},
			[]string{"root=/dev/vda", "block2mtd.block2mtd=/dev/vdb,65536,rootfs_data", "console=ttyS0", "rdinit=/preinit"}, []string{"snapshot.device"}},
		{"block", func(m *qemu.Machine) { m.Attach = qemu.Block },
			[]string{"root=/dev/vda", "snapshot.device=/dev/vdb"}, []string{"block2mtd"}},
		{"none", func(m *qemu.Machine) { m.Attach = qemu.None },
			[]string{"root=/dev/vda"}, []string{"block2mtd", "snapshot.device"}},
		{"ubi", func(m *qemu.Machine) { m.Attach = qemu.UBI },
			[]string{"block2mtd.block2mtd=/dev/vdb,65536,ubi"}, []string{"snapshot.device", "rootfs_data"}},
		{"gpt", func(m *qemu.Machine) { m.Attach = qemu.GPT },
			[]string{"root=/dev/vda"}, []string{"snapshot.device", "vdb"}},
		{"one disk", func(m *qemu.Machine) { m.Attach, m.Root = qemu.Disk, "" },
			[]string{"root=/dev/vda"}, []string{"snapshot.device", "vdb"}},
		{"nand", func(m *qemu.Machine) { m.Attach, m.Flash = qemu.NAND, "" },
			[]string{"nandsim.parts=64", "nandsim.badblocks=0,3,6", "snapshot.device=mtd0"}, []string{"vdb"}},
		{"ram", func(m *qemu.Machine) { m.Attach, m.Flash = qemu.RAM, "" },
			[]string{"mtdram.erase_size=64", `"snapshot.device=mtd:mtdram test device"`}, []string{"vdb"}},
		{"nor", func(m *qemu.Machine) { m.Board, m.Attach = board("mips"), qemu.NOR },
			[]string{"root=/dev/vda", "mtdparts=1e000000.flash:64k(boot)ro,3008k(rootfs)ro,-(rootfs_data)"}, []string{"vdb", "no_timer_check"}},
		{"one chip", func(m *qemu.Machine) { m.Board, m.Attach, m.Root = board("mips"), qemu.Chip, "" },
			[]string{"root=mtd:rootfs", "(rootfs_data)"}, []string{"vda"}},
		{"arm64", func(m *qemu.Machine) { m.Board, m.Attach = board("arm64"), qemu.Block },
			[]string{"console=ttyAMA0", "snapshot.device=/dev/vdb"}, []string{"no_timer_check"}},
		{"started as /init", func(m *qemu.Machine) { m.AsInit = true },
			[]string{"console=ttyS0"}, []string{"rdinit"}},
		{"no flash", func(m *qemu.Machine) { m.Flash = "" },
			[]string{"root=/dev/vda"}, []string{"block2mtd", "vdb"}},
		{"no root disk", func(m *qemu.Machine) { m.Root = "" },
			[]string{"block2mtd.block2mtd=/dev/vda,"}, []string{"root="}},
		{"another root", func(m *qemu.Machine) { m.RootParam = "/dev/vdz" },
			[]string{"root=/dev/vdz", "=/dev/vdb,"}, []string{"root=/dev/vda"}},
		{"further parameters come last", func(m *qemu.Machine) { m.Params = []string{"panic=1", "single"} },
			[]string{" panic=1 single"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := machine
			test.change(&m)
			line := m.CommandLine()
			for _, w := range test.want {
				if !strings.Contains(line, w) {
					t.Errorf("%q is not in %q", w, line)
				}
			}
			for _, n := range test.not {
				if strings.Contains(line, n) {
					t.Errorf("%q is in %q", n, line)
				}
			}
		})
	}
}

func TestArgs(t *testing.T) {
	m := machine
	m.Flash = "a,b"
	args := m.Args(qemu.Serial{Console: "stdio", AgentFD: 3})
	for _, want := range []string{"-no-reboot", "-nodefaults", "if=none,id=flash,format=raw,cache=unsafe,file=a,,b", "socket,id=agent,fd=3"} {
		if !slices.Contains(args, want) {
			t.Errorf("%q is not in %q", want, args)
		}
	}
	if slices.Index(args, "virtio-blk-pci,drive=root") > slices.Index(args, "virtio-blk-pci,drive=flash") {
		t.Error("the flash would be /dev/vda")
	}
	if slices.ContainsFunc(m.Args(qemu.Terminal), func(a string) bool { return strings.Contains(a, "agent") }) {
		t.Error("a machine on the terminal waits for an agent")
	}
}

func TestBoards(t *testing.T) {
	for arch, want := range map[string]string{
		"amd64":    "qemu-system-x86_64 -machine q35 -accel tcg -m 256 ",
		"arm64":    "qemu-system-aarch64 -machine virt -cpu cortex-a53 -accel tcg -m 256 ",
		"mips":     "qemu-system-mips -machine malta -cpu 24Kf -accel tcg -m 64 ",
		"mipsle":   "qemu-system-mipsel -machine malta -cpu 24Kf -accel tcg -m 64 ",
		"mips64le": "qemu-system-mips64el -machine malta -cpu 5KEc -accel tcg -m 64 ",
	} {
		m := machine
		m.Board = board(arch)
		args := strings.Join(m.Args(qemu.Serial{Console: "stdio", AgentFD: 3}), " ")
		agent := " -serial chardev:agent"
		if arch == "arm64" {
			agent = " -device pci-serial,chardev=agent"
		}
		if !strings.HasPrefix(args, want) || !strings.Contains(args, agent) {
			t.Errorf("%s: %s", arch, args)
		}
		m.Flash = "f"
		args = strings.Join(m.Args(qemu.Terminal), " ")
		if own := strings.Contains(args, "drive=flash,addr=0x14"); own != strings.HasPrefix(arch, "mips") {
			t.Errorf("%s: its flash has a slot of its own: %v: %s", arch, own, args)
		}
	}
	if len(qemu.Boards()) != 5 {
		t.Errorf("%d boards", len(qemu.Boards()))
	}
	if _, err := qemu.BoardOf("sparc64"); err == nil || !strings.Contains(err.Error(), "mips64le") {
		t.Errorf("an architecture without a board: %v", err)
	}
}

func TestChip(t *testing.T) {
	m := machine
	m.Board, m.Attach, m.Initramfs = board("mips"), qemu.NOR, ""
	args := m.Args(qemu.Terminal)
	if !slices.Contains(args, "if=pflash,id=flash,format=raw,cache=unsafe,file=f") || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "virtio-blk-pci,drive=flash") }) {
		t.Errorf("the flash is no chip: %q", args)
	}
	if slices.Contains(args, "-initrd") {
		t.Errorf("an initramfs beside the kernel's own: %q", args)
	}
}

// A machine that boots by itself is told nothing of a kernel.
func TestBootsByItself(t *testing.T) {
	m := qemu.Machine{Board: board("arm64"), Flash: "f", Attach: qemu.Whole, Loader: "u", LoaderEnv: "e"}
	args := m.Args(qemu.Terminal)
	for _, want := range []string{"-bios", "u", "if=pflash,id=env,format=raw,unit=1,readonly=on,file=e", "virtio-blk-pci,drive=flash"} {
		if !slices.Contains(args, want) {
			t.Errorf("%q is not in %q", want, args)
		}
	}
	for _, not := range []string{"-kernel", "-append", "-initrd"} {
		if slices.Contains(args, not) {
			t.Errorf("%q is in %q", not, args)
		}
	}
}

// What a board would cut off of its kernel parameters is refused.
func TestTooManyParameters(t *testing.T) {
	m := machine
	m.Board, m.Params = board("mips"), []string{strings.Repeat("p", 200)}
	if _, err := m.Start(); err == nil || !strings.Contains(err.Error(), "208 bytes of kernel parameters") {
		t.Errorf("error %v", err)
	}
}

func TestFurtherDisks(t *testing.T) {
	m := machine
	m.Disks = []string{"d", "e"}
	var devices []string
	for _, arg := range m.Args(qemu.Terminal) {
		if device, ok := strings.CutPrefix(arg, "virtio-blk-pci,drive="); ok {
			devices = append(devices, device)
		}
	}
	if got, want := strings.Join(devices, " "), "root flash disk0 disk1"; got != want {
		t.Errorf("disks in the order %s, want %s", got, want)
	}
}

func TestResets(t *testing.T) {
	m := machine
	m.Resets, m.Watchdog = true, true
	args := strings.Join(m.Args(qemu.Terminal), " ")
	if strings.Contains(args, "-no-reboot") || !strings.Contains(args, "-device i6300esb -action watchdog=reset") {
		t.Errorf("a machine that the watchdog resets: %s", args)
	}
	if args := strings.Join(machine.Args(qemu.Terminal), " "); strings.Contains(args, "watchdog") {
		t.Errorf("a machine without one: %s", args)
	}
}

func TestWriteRate(t *testing.T) {
	m := machine
	m.WriteRate = 1000
	args := m.Args(qemu.Terminal)
	for _, want := range []string{"if=none,id=flash,format=raw,cache=unsafe,throttling.bps-write=1000,file=f", "virtio-blk-pci,drive=flash,request-merging=off"} {
		if !slices.Contains(args, want) {
			t.Errorf("%q is not in %q", want, args)
		}
	}
}

func TestAccelerator(t *testing.T) {
	m := machine
	for _, test := range []struct{ field, env, want string }{{"", "", "tcg"}, {"", "kvm", "kvm"}, {"hvf", "kvm", "hvf"}} {
		m.Accel = test.field
		t.Setenv("QEMU_ACCEL", test.env)
		args := m.Args(qemu.Terminal)
		if got := args[slices.Index(args, "-accel")+1]; got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestReproduceIsOneLineOfShell(t *testing.T) {
	m := machine
	m.Params = []string{"it's"}
	line := m.Reproduce()
	for _, want := range []string{"-serial mon:stdio", `-append 'console=ttyS0 `, `it'\''s'`} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %q", want, line)
		}
	}
}
