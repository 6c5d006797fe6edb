package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// Offsets in the header of a bzImage, in bytes, little-endian: Linux,
// Documentation/arch/x86/boot.rst.
const (
	setupSectsAt    = 0x1f1 // uint8: sectors of 512 bytes after the boot sector
	magicAt         = 0x202 // "HdrS"
	payloadOffsetAt = 0x248 // uint32: from the end of the setup
	payloadLengthAt = 0x24c // uint32: the unpacked size in the last four bytes included
	headerEnd       = 0x250
)

var errBzImage = errors.New("not a bzImage with an xz payload")

// unpackKernel takes the ELF kernel out of a bzImage, so that no emulated
// machine has to: that is half of its boot.
func unpackKernel(bzImage, vmlinux string) error {
	b, err := os.ReadFile(bzImage)
	if err != nil {
		return err
	}
	payload, err := kernelPayload(b)
	if err != nil {
		return fmt.Errorf("cannot unpack %s: %w", bzImage, err)
	}
	cmd := exec.Command("xz", "-dc")
	cmd.Stdin = bytes.NewReader(payload)
	kernel, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("cannot unpack %s: xz: %w", bzImage, err)
	}
	return os.WriteFile(vmlinux, kernel, 0o644)
}

// kernelPayload returns the compressed kernel inside a bzImage.
func kernelPayload(b []byte) ([]byte, error) {
	if len(b) < headerEnd || string(b[magicAt:magicAt+4]) != "HdrS" {
		return nil, errBzImage
	}
	start := (int64(b[setupSectsAt])+1)*512 + int64(binary.LittleEndian.Uint32(b[payloadOffsetAt:]))
	end := start + int64(binary.LittleEndian.Uint32(b[payloadLengthAt:])) - 4
	if start > end || end > int64(len(b)) || !bytes.HasPrefix(b[start:end], []byte("\xfd7zXZ\x00")) {
		return nil, errBzImage
	}
	return b[start:end], nil
}
