package machine

import (
	"archive/tar"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// kind is one way to boot.
type kind int

const (
	empty kind = iota
	withA
	shell
	tarGz
	plain
	kinds
)

func (k kind) String() string {
	return [...]string{"empty chain", "A", "busybox init", "busybox init, tar.gz", "plain squashfs"}[k]
}

//go:embed init/init.c
var realInit string

// setup builds what a machine boots, in a directory.
type setup struct {
	*machine
	source string // top directory of the module
	dir    string
	image  image.Image
}

// setUp builds what all kinds of boot need, in a directory, and returns the machine of
// each.
func (m *machine) setUp(source, dir string, d Data) ([]*qemu.Machine, error) {
	board, err := qemu.BoardOf(m.arch)
	if err != nil {
		return nil, err
	}
	kernel, err := image.Kernel(m.arch)
	if err != nil {
		return nil, err
	}
	busybox, err := image.Busybox(m.arch)
	if err != nil {
		return nil, err
	}
	for _, arch := range []string{m.arch, runtime.GOARCH} {
		if err := run(source, "make", "--silent", "build", "ARCH="+arch); err != nil {
			return nil, err
		}
	}
	s := &setup{machine: m, source: source, dir: dir, image: image.Image{Board: board, Kernel: kernel.Vmlinux, Root: filepath.Join(dir, "root.squashfs")}}
	if err := s.squashfs(); err != nil {
		return nil, err
	}
	var all []*qemu.Machine
	for k := range kinds {
		initramfs, err := s.initramfs(k, busybox, kernel.Modules)
		if err != nil {
			return nil, err
		}
		flash, err := s.flash(k, d)
		if err != nil {
			return nil, err
		}
		machine := s.image.Machine(flash, m.attach)
		machine.Initramfs = initramfs
		machine.Params = []string{"printk.time=1"}
		all = append(all, machine)
	}
	return all, nil
}

// file names a file for a kind of boot.
func (s *setup) file(k kind, name string) string {
	return filepath.Join(s.dir, fmt.Sprintf("%d-%s", k, name))
}

// squashfs writes the firmware: the real init and the mount points.
func (s *setup) squashfs() error {
	source, program := filepath.Join(s.dir, "init.c"), filepath.Join(s.dir, "init")
	if err := os.WriteFile(source, []byte(realInit), 0o644); err != nil {
		return err
	}
	if err := run(s.dir, s.compiler, "-Os", "-static", "-nostdlib", "-fno-pic", "-no-pie", "-s", "-o", program, source); err != nil {
		return err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var tree bytes.Buffer
	out := tar.NewWriter(&tree)
	for _, dir := range []string{"dev", "proc", "sys", "rom", "snapshot", "overlay", "etc", "sbin"} {
		err = errors.Join(err, out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}))
	}
	err = errors.Join(err, out.WriteHeader(&tar.Header{Name: "sbin/init", Mode: 0o755, Size: int64(len(content))}))
	_, werr := out.Write(content)
	if err := errors.Join(err, werr, out.Close()); err != nil {
		return fmt.Errorf("cannot write the firmware: %w", err)
	}
	return image.Squashfs(&tree, s.image.Root, s.compressor)
}

// initramfs writes the initramfs of a kind of boot.
func (s *setup) initramfs(k kind, busybox, modulesDir string) (string, error) {
	cpio := s.file(k, "initramfs.cpio")
	init, modules := filepath.Join(s.source, "build", s.arch, "preinit"), s.modules
	args := []string{"run", "./initramfs", "-o", cpio}
	if k != empty && k != withA {
		init = s.file(k, "init.sh")
		if err := os.WriteFile(init, []byte(s.shellInit(k)), 0o755); err != nil {
			return "", err
		}
		args = append(args, "-shell", busybox)
	}
	if k == plain {
		modules = s.few
	}
	if modules != "" {
		args = append(args, "-modules-dir", modulesDir, "-module", modules)
	}
	return cpio, run(s.source, "go", append(args, "-preinit", init)...)
}

// flash writes the image of the flash of a kind of boot.
func (s *setup) flash(k kind, d Data) (string, error) {
	file := s.file(k, "flash.img")
	if err := s.image.Flash(file, s.attach, flashSize); err != nil {
		return "", err
	}
	switch k {
	case withA:
		snapshot, change := filepath.Join(s.source, "build", runtime.GOARCH, "snapshot"), s.file(k, "change")
		if err := run(s.dir, snapshot, "build", d.Tree, "-o", change); err != nil {
			return "", err
		}
		return file, run(s.dir, snapshot, "--device", fmt.Sprintf("%s+%d", file, s.offset()), "--write-size", s.writeSize, "import", change)
	case tarGz:
		packed, err := os.ReadFile(d.TarGz)
		if err != nil {
			return "", err
		}
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return "", err
		}
		_, err = f.WriteAt(packed, s.offset())
		return file, errors.Join(err, f.Close())
	}
	return file, nil
}

// run runs a command, and shows what it printed only if it fails.
func run(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot run %s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
