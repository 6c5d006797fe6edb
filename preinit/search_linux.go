package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"chainroot/flash"
	"chainroot/mount"
)

// searchData looks for rootfs_data where units have it. The first place counts.
func (u *unit) searchData() (string, error) {
	for _, place := range []func() (string, error){u.dataOnMTD, u.dataOnUBI, u.dataOnPartition, u.dataBehindRoot} {
		if node, err := place(); !errors.Is(err, fs.ErrNotExist) {
			return node, err
		}
	}
	return "", fs.ErrNotExist
}

// dataOnMTD finds the MTD partition rootfs_data, or the volume on it if it
// holds UBI.
func (u *unit) dataOnMTD() (string, error) {
	node, err := locate(u.sysfs, "mtd:"+dataName, charNodes)
	if err != nil || !holdsUBI(node) {
		return node, err
	}
	u.attach(dataName)
	volume, err := locate(u.sysfs, "ubi:"+dataName, charNodes)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("MTD partition %s holds UBI, but no volume of that name: `ubimkvol /dev/ubiN -N %s -m` makes one", dataName, dataName)
	}
	return volume, err
}

func (u *unit) dataOnUBI() (string, error) { return u.find("ubi:"+dataName, charNodes) }

func (u *unit) dataOnPartition() (string, error) {
	return locate(u.sysfs, "PARTLABEL="+dataName, charNodes)
}

// dataBehindRoot finds what follows the squashfs on its disk, as OpenWrt lays
// out images for disks: from the next 64 KiB on, if two erase blocks are left.
func (u *unit) dataBehindRoot() (string, error) {
	device := u.report.Root
	if strings.HasPrefix(device, blockNodes.mtd) || strings.HasPrefix(device, blockNodes.ubi) {
		return "", fs.ErrNotExist // flash has partitions
	}
	f, err := os.Open(device)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if readOnly, err := unix.IoctlGetInt(int(f.Fd()), unix.BLKROGET); err != nil || readOnly != 0 {
		return "", fs.ErrNotExist
	}
	start, err := mount.BehindSquashfs(f)
	if err != nil {
		return "", fs.ErrNotExist
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end-start < 2*flash.DefaultEraseSize {
		return "", fs.ErrNotExist
	}
	return fmt.Sprintf("%s+%d", device, start), nil
}
