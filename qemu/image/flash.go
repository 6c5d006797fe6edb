package image

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"chainroot/qemu"
)

// gptSpare is what the tables of a GPT take, in bytes, in front and at the end.
const gptSpare = 1 << 20

// Flash writes the image of a rootfs_data that was never written, of size bytes,
// to a file, with what is around it when it is attached so. On the chip of a board
// it is as large as that leaves it.
func (i *Image) Flash(file string, attach qemu.Attach, size int64) error {
	blank := bytes.Repeat([]byte{0xff}, int(size))
	switch attach {
	case qemu.UBI:
		return UBI(file, size, Volume{Name: "rootfs_data", Blocks: int(size/qemu.EraseSize) - ubiSpare})
	case qemu.GPT:
		return gptFlash(file, blank)
	case qemu.Whole:
		return i.whole(file, blank)
	case qemu.NOR:
		blank = bytes.Repeat([]byte{0xff}, qemu.ChipSize)
	case qemu.Chip:
		return i.chip(file)
	case qemu.Disk:
		front, err := os.ReadFile(i.Root)
		if err != nil {
			return err
		}
		if over := len(front) % qemu.EraseSize; over > 0 {
			front = append(front, make([]byte, qemu.EraseSize-over)...)
		}
		blank = append(front, blank...)
	}
	return os.WriteFile(file, blank, 0o644)
}

// chip writes a board's chip with the squashfs in its partition.
func (i *Image) chip(file string) error {
	root, err := os.ReadFile(i.Root)
	if err != nil {
		return err
	}
	if len(root) > qemu.ChipRoot {
		return fmt.Errorf("cannot write %s, %d bytes, to its partition of %d", i.Root, len(root), qemu.ChipRoot)
	}
	whole := bytes.Repeat([]byte{0xff}, qemu.ChipSize)
	copy(whole[qemu.ChipBoot:], root)
	return os.WriteFile(file, whole, 0o644)
}

// gptFlash writes a disk with one partition, labelled rootfs_data.
func gptFlash(file string, blank []byte) error {
	disk := append(bytes.Repeat([]byte{0xff}, 2*gptSpare), blank...)
	if err := os.WriteFile(file, disk, 0o644); err != nil {
		return err
	}
	sfdisk, err := lookPath("sfdisk")
	if err != nil {
		return err
	}
	cmd := exec.Command(sfdisk, "--quiet", "--wipe=always", file)
	cmd.Stdin = strings.NewReader(fmt.Sprintf("label: gpt\nstart=%d, size=%d, name=rootfs_data\n", gptSpare/512, len(blank)/512))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot run %s: %w\n%s", cmd, err, out)
	}
	return nil
}
