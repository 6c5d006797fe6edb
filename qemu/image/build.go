package image

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"chainroot/qemu"
)

// Modules are the kernel modules that the initramfs carries: for the disks of
// the machines, and for every kind of rootfs_data they boot with.
var Modules = []string{
	"virtio_pci", "virtio_blk", "squashfs", "overlay", "loop",
	"mtd", "mtdblock", "block2mtd", "jffs2", "ext4",
	"ubi", "zstd", "lzo", "deflate", "ubifs", // which refuses to load without its compressors
}

// Image is a built image.
type Image struct {
	Kernel    string
	Initramfs string
	Root      string // squashfs
	Snapshot  string // the program snapshot, for this host too
}

// Machine returns a machine that boots the image, with rootfs_data in flash.
func (i *Image) Machine(flash string, attach qemu.Attach) *qemu.Machine {
	m := &qemu.Machine{Kernel: i.Kernel, Initramfs: i.with(attach.Module()), Root: i.Root, Flash: flash, Attach: attach}
	switch {
	case attach == qemu.Disk:
		m.Root = ""
	case attach.Volatile():
		m.Flash = ""
	}
	return m
}

// with returns where the initramfs with a further module lies.
func (i *Image) with(module string) string {
	if module == "" {
		return i.Initramfs
	}
	return strings.TrimSuffix(i.Initramfs, ".cpio") + "-" + module + ".cpio"
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

// Build builds the image into a directory, from the module whose top directory
// is source. An error that wraps exec.ErrNotFound means that a program of the
// host is missing: qemu/setup installs them all.
func Build(source, dir string) (*Image, error) {
	for _, program := range []string{"qemu-system-x86_64", "mksquashfs", "busybox", "depmod", "ubinize", "sfdisk", "dpkg-deb", "xz"} {
		if _, err := lookPath(program); err != nil {
			return nil, err
		}
	}
	kernel, err := Kernel("amd64")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := run(source, "make", "--silent", "build", "ARCH=amd64"); err != nil {
		return nil, err
	}
	busybox, err := lookPath("busybox")
	if err != nil {
		return nil, err
	}
	programs := filepath.Join(source, "build", "amd64")
	image := &Image{
		Kernel:    kernel.Vmlinux,
		Initramfs: filepath.Join(dir, "initramfs.cpio"),
		Root:      filepath.Join(dir, "root.squashfs"),
		Snapshot:  filepath.Join(programs, "snapshot"),
	}
	for _, module := range []string{"", qemu.NAND.Module(), qemu.RAM.Module()} {
		modules := strings.TrimSuffix(strings.Join(append(slices.Clone(Modules), module), ","), ",")
		err = run(source, "go", "run", "./initramfs", "-o", image.with(module),
			"-preinit", filepath.Join(programs, "preinit"), "-shell", busybox,
			"-modules-dir", kernel.Modules, "-module", modules)
		if err != nil {
			return nil, err
		}
	}
	probe := filepath.Join(dir, "probe")
	if err := run(source, "env", "CGO_ENABLED=0", "GOARCH=amd64", "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", probe, "./qemu/probe"); err != nil {
		return nil, err
	}
	tree, err := firmware(busybox, image.Snapshot, probe)
	if err != nil {
		return nil, err
	}
	return image, tree.squash(image.Root)
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
