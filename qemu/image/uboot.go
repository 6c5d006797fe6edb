package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ubootFlash is the size of the flash with the environment of U-Boot on QEMU's
// machine virt, and UBootEnvSize that of the environment at its start, in bytes
// (configs/qemu_arm64_defconfig of U-Boot).
const (
	ubootFlash   = 64 << 20
	UBootEnvSize = 256 << 10
)

// BootCountSector is the sector of a disk with the counter of ubootBoard, which
// is unused there: user space zeroes it.
const BootCountSector = 64

// ubootBoard is what a unit's board brings along, of U-Boot's environment: where
// things go in RAM, and in place of CONFIG_BOOTCOUNT_LIMIT, which this U-Boot is
// built without, a counter that does the same, before bootcmd.
var ubootBoard = fmt.Sprintf(`bootdelay=0
kernel_addr_r=0x40400000
ramdisk_addr_r=0x44000000
fdt_addr=0x40000000
count_addr=0x43000000
preboot=virtio dev 0; virtio read ${count_addr} %[1]x 1; env import -t ${count_addr} %[2]x bootcount; test -n "${bootcount}" || setenv bootcount 0; setexpr bootcount ${bootcount} + 1; mw.b ${count_addr} 0 %[2]x; env export -t ${count_addr} bootcount; virtio write ${count_addr} %[1]x 1; if test ${bootcount} -gt ${bootlimit}; then run altbootcmd; fi
`, BootCountSector, sector)

// configureUBoot writes the flash with the environment of U-Boot that goes with
// a disk.
func (i *Image) configureUBoot(disk string) error {
	config, err := Documented("bootlimit=")
	if err != nil {
		return err
	}
	lines := strings.TrimSpace(ubootBoard + i.machineParams(config))
	env := make([]byte, UBootEnvSize)
	copy(env[4:], strings.ReplaceAll(lines, "\n", "\x00"))
	binary.LittleEndian.PutUint32(env, crc32.ChecksumIEEE(env[4:]))
	if err := os.WriteFile(loaderEnv(disk), env, 0o644); err != nil {
		return err
	}
	return os.Truncate(loaderEnv(disk), ubootFlash)
}

// loaderEnv names the flash with the environment of the boot loader of a disk.
func loaderEnv(disk string) string { return disk + ".env" }

// uboot returns U-Boot for QEMU's machine virt, which is fetched if the cache has
// none.
func uboot() (string, error) {
	const name = "u-boot-qemu"
	file, err := cached(allArch, name, "u-boot.bin")
	if errors.Is(err, fs.ErrNotExist) {
		if err := fetch("arm64", func(*archive) (string, error) { return name, nil }, prepareUBoot); err != nil {
			return "", fmt.Errorf("cannot get Debian's U-Boot: %w", err)
		}
		file, err = cached(allArch, name, "u-boot.bin")
	}
	return file, err
}

// prepareUBoot leaves of u-boot-qemu that for arm64.
func prepareUBoot(tree string) error {
	if err := os.Rename(filepath.Join(tree, "usr/lib/u-boot/qemu_arm64/u-boot.bin"), filepath.Join(tree, "u-boot.bin")); err != nil {
		return err
	}
	return removeAll(filepath.Join(tree, "usr"))
}
