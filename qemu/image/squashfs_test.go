package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"chainroot/qemu"
)

// small is a tree with a file of every kind that the firmware has.
func small(t *testing.T) *tree {
	tr := newTree()
	tr.file("/etc/deep/file", 0o640, "content")
	tr.link("/etc/hard", "/etc/deep/file")
	tr.symlink("/etc/symlink", "deep/file")
	tr.char("/dev/console", 0o600, 5, 1)
	tr.dir("/tmp", 0o755)
	source := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(source, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr.program("/bin/program", source)
	return tr
}

func squash(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("mksquashfs"); err != nil {
		t.Skip("needs mksquashfs: ", err)
	}
	file := filepath.Join(t.TempDir(), "root.squashfs")
	if err := small(t).squash(file, lz4); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSameTreeSameSquashfs(t *testing.T) {
	first, err := os.ReadFile(squash(t))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // squashfs counts seconds
	again, err := os.ReadFile(squash(t))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same tree gave another squashfs")
	}
}

func TestSquashedTree(t *testing.T) {
	out, err := exec.Command("unsquashfs", "-lln", "-UTC", squash(t)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	listing := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{
		"drwxr-xr-x 0/0", "2024-01-01 00:00 squashfs-root drwxr-xr-x",
		"-rwxr-xr-x 0/0 7 2024-01-01 00:00 squashfs-root/bin/program",
		"crw------- 0/0 5, 1 2024-01-01 00:00 squashfs-root/dev/console",
		"-rw-r----- 0/0 7 2024-01-01 00:00 squashfs-root/etc/deep/file",
		"-rw-r----- 0/0 7 2024-01-01 00:00 squashfs-root/etc/hard",
		"2024-01-01 00:00 squashfs-root/etc/symlink -> deep/file",
	} {
		if !strings.Contains(listing, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestMissingProgramIsAnError(t *testing.T) {
	tr := small(t)
	tr.program("/bin/other", "/nonexistent")
	if err := tr.squash(filepath.Join(t.TempDir(), "root.squashfs"), lz4); !os.IsNotExist(err) && !strings.Contains(err.Error(), "nonexistent") {
		t.Errorf("error %v", err)
	}
}

func TestFirmware(t *testing.T) {
	busybox, err := lookPath("busybox")
	if err != nil {
		t.Skip("needs busybox: ", err)
	}
	board, err := qemu.BoardOf(runtime.GOARCH)
	if err != nil {
		t.Skip("needs a busybox that runs here: ", err)
	}
	tr, err := firmware(board, busybox, busybox, busybox)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/sbin/init", "/bin/sh", "/sbin/snapshot", Probe, "/etc/inittab",
		"/rom", "/overlay", "/snapshot", "/proc", "/sys", "/dev", "/usr/share/sample/dir-renamed/sub/b"} {
		if !tr.has[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
