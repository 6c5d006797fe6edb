package image

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"chainroot/qemu"
)

// modules are the kernel modules that the initramfs carries, by architecture: for
// the disks of the machine, and for every kind of rootfs_data it boots with. What
// is built into a kernel may be named. The kernel for mips has it all built in.
var modules = map[string][]string{
	"amd64": {
		"virtio_pci", "virtio_blk", "squashfs", "overlay", "loop",
		"mtd", "mtdblock", "block2mtd", "jffs2", "ext4",
		"ubi", "zstd", "lzo", "deflate", "ubifs", // which refuses to load without its compressors
		"i6300esb", // the watchdog
	},
	"arm64":    {"virtio_pci", "virtio_blk", "squashfs", "overlay", "loop"},
	"mipsle":   {"virtio_pci", "virtio_blk", "squashfs", "overlay", "mtdblock", "block2mtd"},
	"mips64le": {"virtio_pci", "virtio_blk", "squashfs", "overlay", "mtdblock", "block2mtd"},
}

// further are the modules that only some initramfs of a PC carry, by what their
// names end in: what makes a device wherever it is loaded, or takes its time.
var further = map[string][]string{
	qemu.NAND.Module(): {qemu.NAND.Module()},
	qemu.RAM.Module():  {qemu.RAM.Module()},
	mesh:               {"virtio_net", "8021q", "batman_adv"},
}

const mesh = "mesh"

// compressors are those of the squashfs, by architecture.
var compressors = map[string]string{
	"amd64": lz4, "arm64": lz4, "mipsle": lz4, "mips64le": lz4,
	"mips": "xz", // to fit on the board's flash chip
}

// Image is a built image.
type Image struct {
	Board     *qemu.Board
	Kernel    string
	Vmlinuz   string // the kernel as a boot loader loads it
	Initramfs string
	Root      string // squashfs
	Snapshot  string // the program snapshot, for this host

	loader string // boot loader; empty: it is on the disk that it boots
}

// Machine returns a machine that boots the image, with rootfs_data in flash.
func (i *Image) Machine(flash string, attach qemu.Attach) *qemu.Machine {
	m := &qemu.Machine{Board: i.Board, Kernel: i.Kernel, Initramfs: i.with(attach.Module()), Root: i.Root, Flash: flash, Attach: attach}
	switch {
	case attach == qemu.Disk || attach == qemu.Chip:
		m.Root = ""
	case attach == qemu.Whole:
		m.Kernel, m.Initramfs, m.Root = "", "", ""
		if i.loader != "" {
			m.Loader, m.LoaderEnv = i.loader, loaderEnv(flash)
		}
	case attach.Volatile():
		m.Flash = ""
	}
	return m
}

// Mesh is the initramfs of a PC that is a node of a mesh network, by a Cable.
func (i *Image) Mesh() string { return i.with(mesh) }

// with returns where the initramfs with further modules lies.
func (i *Image) with(further string) string {
	if further == "" {
		return i.Initramfs
	}
	return strings.TrimSuffix(i.Initramfs, ".cpio") + "-" + further + ".cpio"
}

// Source finds the top directory of the module, above the working directory.
func Source() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("cannot find go.mod above the working directory")
		}
	}
}

// Build builds the image for the board with an architecture into a directory, from
// the module whose top directory is source. One build at a time: all of them write
// the host's programs. An error that wraps exec.ErrNotFound means that a program of
// the host is missing: qemu/setup installs them all.
func Build(source, dir, arch string) (*Image, error) {
	board, err := qemu.BoardOf(arch)
	if err != nil {
		return nil, err
	}
	for _, program := range []string{board.Program, "mksquashfs", "busybox", "depmod", "ubinize", "sfdisk", "mkfs.ext4", "grub-mkimage", "dpkg-deb", "xz"} {
		if _, err := lookPath(program); err != nil {
			return nil, err
		}
	}
	kernel, err := Kernel(board.Arch)
	if err != nil {
		return nil, err
	}
	busybox, err := Busybox(board.Arch)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	programs, err := build(source, board.Arch)
	if err != nil {
		return nil, err
	}
	forHost, err := build(source, runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	image := &Image{
		Board:     board,
		Kernel:    kernel.Vmlinux,
		Vmlinuz:   kernel.Vmlinuz,
		Initramfs: filepath.Join(dir, "initramfs.cpio"),
		Root:      filepath.Join(dir, "root.squashfs"),
		Snapshot:  filepath.Join(forHost, "snapshot"),
	}
	switch arch {
	case "amd64":
		_, err = grubDir()
	case "arm64":
		image.loader, err = uboot()
	}
	if err != nil {
		return nil, err
	}
	if err := image.initramfs(source, programs, busybox, kernel.Modules); err != nil {
		return nil, err
	}
	probe := filepath.Join(dir, "probe") // built as the units' programs are: it runs there too
	if err := run(source, "make", "--silent", "probe", "ARCH="+board.Arch, "PROBE="+probe); err != nil {
		return nil, err
	}
	tree, err := firmware(board, busybox, filepath.Join(programs, "snapshot"), probe)
	if err != nil {
		return nil, err
	}
	return image, tree.squash(image.Root, compressors[board.Arch])
}

// build builds both programs for an architecture, and returns where they lie.
func build(source, arch string) (string, error) {
	return filepath.Join(source, "build", arch), run(source, "make", "--silent", "build", "ARCH="+arch)
}

// initramfs builds the initramfs, and those with further modules.
func (i *Image) initramfs(source, programs, busybox, modulesDir string) error {
	names := []string{""}
	if i.Board.Arch == "amd64" {
		names = append(names, slices.Sorted(maps.Keys(further))...)
	}
	for _, name := range names {
		args := []string{"run", "./initramfs", "-o", i.with(name), "-preinit", filepath.Join(programs, "preinit"), "-shell", busybox}
		if all := slices.Concat(modules[i.Board.Arch], further[name]); len(all) > 0 {
			args = append(args, "-modules-dir", modulesDir, "-module", strings.Join(all, ","))
		}
		if err := run(source, "go", args...); err != nil {
			return err
		}
	}
	return nil
}

// run runs a command and shows what it printed only if it fails. No variable of
// a make that runs us reaches a make that we run.
func run(dir, name string, args ...string) error {
	path, err := lookPath(name)
	if err != nil {
		return err
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cannot run %s: %w\n%s", cmd, err, output.Bytes())
	}
	return nil
}

// lookPath finds a program, in the directories of root's PATH too.
func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin", "/sbin"} {
			if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return p, nil
			}
		}
	}
	return path, err
}
