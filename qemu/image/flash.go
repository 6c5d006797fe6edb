package image

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"chainroot/qemu"
)

// ubiSpare is how many erase blocks of a UBI device its one volume leaves: UBI
// itself takes four.
const ubiSpare = 8

// gptSpare is what the tables of a GPT take, in bytes, in front and at the end.
const gptSpare = 1 << 20

// Flash writes the image of a rootfs_data that was never written, of size bytes,
// to a file, with what is around it when it is attached so.
func (i *Image) Flash(file string, attach qemu.Attach, size int64) error {
	blank := bytes.Repeat([]byte{0xff}, int(size))
	switch attach {
	case qemu.UBI:
		return ubiFlash(file, blank)
	case qemu.GPT:
		return gptFlash(file, blank)
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

// ubiFlash writes UBI with the volume rootfs_data.
func ubiFlash(file string, blank []byte) error {
	ini := filepath.Join(filepath.Dir(file), "ubi.ini")
	defer os.Remove(ini)
	const head = 2 * 64 // what UBI takes of each erase block of such flash
	volume := (len(blank)/qemu.EraseSize - ubiSpare) * (qemu.EraseSize - head)
	text := fmt.Sprintf("[rootfs_data]\nmode=ubi\nvol_id=0\nvol_type=dynamic\nvol_name=rootfs_data\nvol_size=%d\n", volume)
	if err := os.WriteFile(ini, []byte(text), 0o644); err != nil {
		return err
	}
	if err := run(".", "ubinize", "-o", file, "-p", fmt.Sprint(qemu.EraseSize), "-m", "1", ini); err != nil {
		return err
	}
	written, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	copy(blank, written)
	return os.WriteFile(file, blank, 0o644)
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
