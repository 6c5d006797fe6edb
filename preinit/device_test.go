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
		name, node, want string
		err              error
	}{
		{"/dev/vda", mtdChar, "/dev/vda", nil},
		{"/dev/disk/by-id/x", mtdChar, "/dev/disk/by-id/x", nil},
		{"PARTLABEL=rootfs", mtdChar, "/dev/vda2", nil},
		{"PARTLABEL=with space", mtdChar, "/dev/mmcblk0p1", nil},
		{"PARTLABEL=far", mtdChar, "/dev/cciss/c0d0p1", nil},
		{"PARTUUID=AA-02", mtdChar, "/dev/vda2", nil},
		{"PARTLABEL=none", mtdChar, "", fs.ErrNotExist},
		{"PARTUUID=", mtdChar, "", fs.ErrNotExist},
		{"mtd:rootfs_data", mtdChar, "/dev/mtd3", nil},
		{"mtd:rootfs_data", mtdBlock, "/dev/mtdblock3", nil},
		{"mtd:none", mtdBlock, "", fs.ErrNotExist},
		{"mtd5", mtdChar, "/dev/mtd5", nil},
		{"mtd5", mtdBlock, "/dev/mtdblock5", nil},
		{"/dev/mtdblock5", mtdChar, "/dev/mtd5", nil},
		{"/dev/mtd5", mtdBlock, "/dev/mtdblock5", nil},
		{"/dev/mtd5ro", mtdChar, "/dev/mtd5ro", nil},
		{"vda", mtdChar, "", errName},
		{"", mtdChar, "", errName},
		{"mtdx", mtdChar, "", errName},
		{"UUID=1", mtdChar, "", errName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := locate(sysfs, tt.name, tt.node)
			if err == nil && got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}
