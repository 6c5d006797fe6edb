package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"chainroot/qemu"
)

// sector is the unit of a partition table, in bytes.
const sector = 512

// whole writes a disk that boots by itself, with a rootfs_data that was never
// written. The boot loader is configured by what README.md says, and nothing else
// but what only a test machine needs.
func (i *Image) whole(file string, blank []byte) error {
	root, err := os.ReadFile(i.Root)
	if err != nil {
		return err
	}
	if over := len(root) - (qemu.WholeData - qemu.WholeRoot); over > 0 {
		return fmt.Errorf("cannot write %s to its partition: it has %d bytes too many", i.Root, over)
	}
	if err := i.wholeTable(file, len(blank)); err != nil {
		return err
	}
	boot := file + ".boot"
	if err := i.bootPartition(boot, file); err != nil {
		return err
	}
	defer os.Remove(boot)
	content, err := os.ReadFile(boot)
	if err != nil {
		return err
	}
	err = patch(file, map[int64][]byte{qemu.WholeBoot: content, qemu.WholeRoot: root, qemu.WholeData: blank})
	if err != nil {
		return err
	}
	if i.Board.Arch == "amd64" {
		return installGRUB(file)
	}
	return nil
}

// wholeTable makes a disk with the partitions boot, rootfs and rootfs_data, and
// on a PC one in front of them for GRUB.
func (i *Image) wholeTable(file string, data int) error {
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		return err
	}
	if err := os.Truncate(file, int64(qemu.WholeData+data+gptSpare)); err != nil {
		return err
	}
	table := "label: gpt\n"
	for _, p := range []struct {
		name       string
		start, end int
	}{
		{"boot", qemu.WholeBoot, qemu.WholeRoot},
		{"rootfs", qemu.WholeRoot, qemu.WholeData},
		{"rootfs_data", qemu.WholeData, qemu.WholeData + data},
	} {
		table += fmt.Sprintf("start=%d, size=%d, name=%s\n", p.start/sector, (p.end-p.start)/sector, p.name)
	}
	if i.Board.Arch == "amd64" {
		table += fmt.Sprintf("start=%d, size=%d, type=%s\n", grubStart/sector, (qemu.WholeBoot-grubStart)/sector, grubType)
	}
	sfdisk, err := lookPath("sfdisk")
	if err != nil {
		return err
	}
	cmd := exec.Command(sfdisk, "--quiet", file)
	cmd.Stdin = strings.NewReader(table)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot run %s: %w\n%s", cmd, err, out)
	}
	return nil
}

// bootPartition writes the file system of the partition boot to a file, and what
// else the boot loader of the disk is told.
func (i *Image) bootPartition(file, disk string) error {
	work, err := os.MkdirTemp(filepath.Dir(file), "work-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	kernel := "vmlinuz"
	if i.Board.Arch == "amd64" {
		err = i.configureGRUB(work)
	} else {
		kernel, err = "Image", i.configureUBoot(disk)
	}
	if err != nil {
		return err
	}
	for name, from := range map[string]string{kernel: i.Vmlinuz, "initramfs.cpio": i.Initramfs} {
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(work, name), content, 0o644); err != nil {
			return err
		}
	}
	size := fmt.Sprintf("%dk", (qemu.WholeRoot-qemu.WholeBoot)>>10)
	return run(work, "mkfs.ext4", "-q", "-F", "-d", work, file, size)
}

// patch writes pieces into a file, by their offsets.
func patch(file string, pieces map[int64][]byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for at, piece := range pieces {
		if _, err := f.WriteAt(piece, at); err != nil {
			f.Close()
			return err
		}
	}
	return f.Close()
}

// machineParams adds to the kernel parameters of a unit what its board needs: in
// text, behind each rootwait.
func (i *Image) machineParams(text string) string {
	m := qemu.Machine{Board: i.Board, AsInit: true, Attach: qemu.Whole}
	return strings.ReplaceAll(text, " rootwait", " rootwait "+m.CommandLine())
}
