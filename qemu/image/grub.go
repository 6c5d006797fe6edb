package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chainroot/qemu"
)

// grubModules are what GRUB has in its core, so that it reads nothing of itself
// from the partition boot but its configuration.
var grubModules = []string{"biosdisk", "part_gpt", "ext2", "linux", "normal", "loadenv", "test", "serial", "terminal"}

// grubPrefix is where that is, in GRUB's words.
const grubPrefix = "(hd0,gpt1)/grub"

// The partition for GRUB's core, in bytes from the start of the disk, and its
// type: BIOS boot (UEFI does not define it; the GRUB manual, "BIOS installation").
const (
	grubStart = 1 << 20
	grubType  = "21686148-6449-6E6F-744E-656564454649"
)

// Offsets of GRUB 2, in bytes: in boot.img, where a disk's first sector has a
// number of the sector that it loads (grub-core/boot/i386/pc/boot.S), and ends
// (what follows is the partition table); in the core's first sector, of the
// number of the sector that its rest starts at (diskboot.S).
const (
	grubCoreAt = 0x5c
	grubCode   = 440
	grubRestAt = sector - 12
)

// emptyGrubEnv is an environment block without variables: the GRUB manual,
// "Environment block".
var emptyGrubEnv = append([]byte("# GRUB Environment Block\n"), bytes.Repeat([]byte("#"), 1024-25)...)

// configureGRUB writes the files that GRUB reads below a directory.
func (i *Image) configureGRUB(dir string) error {
	config, err := Documented("load_env ")
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "grub"), 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "grub/grub.cfg"), []byte(i.machineParams(config)), 0o644),
		os.WriteFile(filepath.Join(dir, "grub/grubenv"), emptyGrubEnv, 0o644))
}

// installGRUB writes GRUB to a disk: what grub-install does, without the loop
// device and the mount that it takes.
func installGRUB(file string) error {
	dir, err := grubDir()
	if err != nil {
		return err
	}
	core := file + ".core"
	defer os.Remove(core)
	args := append([]string{"-O", "i386-pc", "-d", dir, "-p", grubPrefix, "-o", core}, grubModules...)
	if err := run(dir, "grub-mkimage", args...); err != nil {
		return err
	}
	first, err := os.ReadFile(filepath.Join(dir, "boot.img"))
	if err != nil {
		return err
	}
	rest, err := os.ReadFile(core)
	if err != nil {
		return err
	}
	if len(first) != sector || len(rest) < 2*sector || len(rest) > qemu.WholeBoot-grubStart {
		return fmt.Errorf("cannot install GRUB: its first sector has %d bytes, its core %d", len(first), len(rest))
	}
	binary.LittleEndian.PutUint64(first[grubCoreAt:], grubStart/sector)
	binary.LittleEndian.PutUint64(rest[grubRestAt:], grubStart/sector+1)
	return patch(file, map[int64][]byte{0: first[:grubCode], grubStart: rest})
}

// grubDir returns the directory with GRUB for a PC with a BIOS, which is fetched
// if the cache has none.
func grubDir() (string, error) {
	const name = "grub-pc-bin"
	file, err := cached("amd64", name, "boot.img")
	if errors.Is(err, fs.ErrNotExist) {
		if err := fetch("amd64", func(*archive) (string, error) { return name, nil }, prepareGRUB); err != nil {
			return "", fmt.Errorf("cannot get Debian's GRUB: %w", err)
		}
		file, err = cached("amd64", name, "boot.img")
	}
	return filepath.Dir(file), err
}

// prepareGRUB leaves of grub-pc-bin what a core is made of.
func prepareGRUB(tree string) error {
	files, err := filepath.Glob(filepath.Join(tree, "usr/lib/grub/i386-pc/*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if name := filepath.Base(f); strings.HasSuffix(name, ".mod") || strings.HasSuffix(name, ".img") || strings.HasSuffix(name, ".lst") {
			if err := os.Rename(f, filepath.Join(tree, name)); err != nil {
				return err
			}
		}
	}
	return removeAll(filepath.Join(tree, "usr"), filepath.Join(tree, "etc"))
}
