package mount_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"chainroot/mount"
)

// tree makes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMTD(t *testing.T) {
	sysfs := tree(t, map[string]string{
		"class/mtd/mtd0/name":   "kernel\n",
		"class/mtd/mtd0ro/name": "kernel\n",
		"class/mtd/mtd2/name":   "rootfs_data\n",
		"class/mtd/mtd10/name":  "rootfs_data\n",
		"class/mtd/mtd11/name":  "last",
		"class/mtd/mtd4/name":   "twin\n",
		"class/mtd/mtd5/name":   "twin\n",
		"class/mtd/mtd12/type":  "nor\n",
		"class/mtd/mtd1ro/name": "only read-only\n",
		"class/mtd/other/name":  "rootfs_data\n",
	})
	tests := []struct {
		name string
		want int // negative: there is none
	}{
		{"kernel", 0}, {"rootfs_data", 2}, {"last", 11}, {"twin", 4}, {"only read-only", -1}, {"rootfs", -1}, {"", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mount.MTD(sysfs, tt.name)
			if tt.want < 0 && !errors.Is(err, fs.ErrNotExist) || tt.want >= 0 && (err != nil || got != tt.want) {
				t.Errorf("got %d, %v; want %d", got, err, tt.want)
			}
		})
	}
	if _, err := mount.MTD(t.TempDir(), "kernel"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without any MTD: %v", err)
	}
}

func TestPartition(t *testing.T) {
	sysfs := tree(t, map[string]string{
		"class/block/sda/uevent":  "MAJOR=8\nDEVNAME=sda\nDEVTYPE=disk\n",
		"class/block/sda1/uevent": "DEVNAME=sda1\nPARTN=1\nPARTNAME=rootfs\nPARTUUID=0ABC-01\n",
		"class/block/sda2/uevent": "DEVNAME=sda2\nPARTNAME=rootfs_data\n",
		"class/block/sdb2/uevent": "DEVNAME=sdb2\nPARTNAME=rootfs_data\n",
		"class/block/sdc/size":    "0\n",
	})
	tests := []struct{ key, value, want string }{
		{"PARTNAME", "rootfs", "sda1"},
		{"PARTNAME", "rootfs_data", "sda2"},
		{"PARTNAME", "ROOTFS", ""},
		{"PARTNAME", "", ""},
		{"PARTUUID", "0abc-01", "sda1"},
		{"PARTUUID", "0abc", ""},
	}
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			got, err := mount.Partition(sysfs, tt.key, tt.value)
			if tt.want == "" && !errors.Is(err, fs.ErrNotExist) || tt.want != "" && (err != nil || got != tt.want) {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	if _, err := mount.Partition(t.TempDir(), "PARTNAME", "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without any block device: %v", err)
	}
}

func TestVolume(t *testing.T) {
	sysfs := tree(t, map[string]string{
		"class/ubi/version":       "1\n",
		"class/ubi/ubi0/mtd_num":  "2\n",
		"class/ubi/ubi0_0/name":   "kernel\n",
		"class/ubi/ubi0_10/name":  "rootfs_data\n",
		"class/ubi/ubi0_9/name":   "rootfs_data\n",
		"class/ubi/ubi2_0/name":   "rootfs_data\n",
		"class/ubi/ubi2_1/name":   "only here",
		"class/ubi/ubi2_2/type":   "dynamic\n",
		"class/ubi/ubi3_x/name":   "odd\n",
		"class/ubi/ubi_ctrl/name": "odd\n",
	})
	tests := []struct {
		device     int
		name, want string
	}{
		{mount.AnyUBI, "rootfs_data", "0_9"}, {0, "rootfs_data", "0_9"}, {2, "rootfs_data", "2_0"}, {1, "rootfs_data", ""},
		{mount.AnyUBI, "kernel", "0_0"}, {mount.AnyUBI, "only here", "2_1"}, {mount.AnyUBI, "rootfs", ""}, {mount.AnyUBI, "odd", ""},
	}
	for _, tt := range tests {
		got, err := mount.Volume(sysfs, tt.device, tt.name)
		if tt.want == "" && !errors.Is(err, fs.ErrNotExist) || tt.want != "" && (err != nil || got != tt.want) {
			t.Errorf("%q on %d: got %q, %v; want %q", tt.name, tt.device, got, err, tt.want)
		}
	}
	if _, err := mount.Volume(t.TempDir(), mount.AnyUBI, "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without UBI: %v", err)
	}
}
