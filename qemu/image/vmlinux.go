package image

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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

// imageMagicAt is where "ARM\x64" stands in an Image of arm64: Linux,
// Documentation/arch/arm64/booting.rst.
const imageMagicAt = 0x38

// unpackKernel makes of vmlinuz, which is another thing on every architecture,
// the kernel as QEMU loads it, so that no emulated machine has to unpack it: on
// amd64 that is half of its boot.
func unpackKernel(vmlinuz, vmlinux string) error {
	b, err := os.ReadFile(vmlinuz)
	if err != nil {
		return err
	}
	kernel, err := kernelImage(b)
	if err != nil {
		return fmt.Errorf("cannot unpack %s: %w", vmlinuz, err)
	}
	return os.WriteFile(vmlinux, kernel, 0o644)
}

// kernelImage returns the kernel of a vmlinuz. An ELF file stays as it is: that
// of malta unpacks itself, into what QEMU could not load.
func kernelImage(b []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(b, []byte("\x7fELF")):
		return b, nil
	case len(b) > imageMagicAt && bytes.HasPrefix(b[imageMagicAt:], []byte("ARM\x64")):
		return b, nil
	case bytes.HasPrefix(b, []byte("\x1f\x8b")):
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	payload, err := kernelPayload(b)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("xz", "-dc")
	cmd.Stdin = bytes.NewReader(payload)
	kernel, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("xz: %w", err)
	}
	return kernel, nil
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
