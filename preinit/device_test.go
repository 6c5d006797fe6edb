package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestLocate(t *testing.T) {
	sysfs := t.TempDir()
	for name, content := range map[string]string{
		"class/mtd/mtd3/name":             "rootfs_data\n",
		"class/ubi/ubi0_1/name":           "rootfs_data\n",
		"class/ubi/ubi1_4/name":           "rootfs_data\n",
		"class/block/vda2/uevent":         "MAJOR=254\nPARTNAME=rootfs\nPARTUUID=aa-02\n",
		"class/block/cciss!c0d0p1/uevent": "PARTNAME=far\n",
		"class/block/mmcblk0p1/uevent":    "PARTNAME=with space\n",
	} {
		file := filepath.Join(sysfs, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		from nodes
		want string
		err  error
	}{
		{"/dev/vda", charNodes, "/dev/vda", nil},
		{"/dev/disk/by-id/x", charNodes, "/dev/disk/by-id/x", nil},
		{"PARTLABEL=rootfs", charNodes, "/dev/vda2", nil},
		{"PARTLABEL=with space", charNodes, "/dev/mmcblk0p1", nil},
		{"PARTLABEL=far", charNodes, "/dev/cciss/c0d0p1", nil},
		{"PARTUUID=AA-02", charNodes, "/dev/vda2", nil},
		{"PARTLABEL=none", charNodes, "", fs.ErrNotExist},
		{"PARTUUID=", charNodes, "", fs.ErrNotExist},
		{"mtd:rootfs_data", charNodes, "/dev/mtd3", nil},
		{"mtd:rootfs_data", blockNodes, "/dev/mtdblock3", nil},
		{"mtd:none", blockNodes, "", fs.ErrNotExist},
		{"mtd5", charNodes, "/dev/mtd5", nil},
		{"mtd5", blockNodes, "/dev/mtdblock5", nil},
		{"/dev/mtdblock5", charNodes, "/dev/mtd5", nil},
		{"/dev/mtd5", blockNodes, "/dev/mtdblock5", nil},
		{"/dev/mtd5ro", charNodes, "/dev/mtd5ro", nil},
		{"vda", charNodes, "", errName},
		{"", charNodes, "", errName},
		{"mtdx", charNodes, "", errName},
		{"UUID=1", charNodes, "", errName},
		{"LABEL=rootfs", blockNodes, "", errName},
		{"ubi:rootfs_data", charNodes, "/dev/ubi0_1", nil},
		{"ubi:rootfs_data", blockNodes, "/dev/ubiblock0_1", nil},
		{"ubi1:rootfs_data", charNodes, "/dev/ubi1_4", nil},
		{"ubi2:rootfs_data", charNodes, "", fs.ErrNotExist},
		{"ubi:none", charNodes, "", fs.ErrNotExist},
		{"ubi0_1", charNodes, "/dev/ubi0_1", nil},
		{"ubi0_1", blockNodes, "/dev/ubiblock0_1", nil},
		{"/dev/ubi0_1", blockNodes, "/dev/ubiblock0_1", nil},
		{"/dev/ubiblock0_1", charNodes, "/dev/ubi0_1", nil},
		{"/dev/ubi_ctrl", charNodes, "/dev/ubi_ctrl", nil},
		{"/dev/ubi0", charNodes, "/dev/ubi0", nil},
		{"ubi0", charNodes, "", errName},
		{"ubix:rootfs_data", charNodes, "", errName},
		{"/dev/vda+65536", charNodes, "/dev/vda+65536", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := locate(sysfs, tt.name, tt.from)
			if err == nil && got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}
