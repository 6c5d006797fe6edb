package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	reader "github.com/cavaliergopher/cpio"
)

// inputs makes a preinit, a busybox, a file and two modules in a fresh
// directory, dated when, under the given umask-like permissions.
func inputs(t *testing.T, when time.Time, perm os.FileMode) []string {
	t.Helper()
	dir := modulesDir(t, map[string]string{
		"modules.dep": "kernel/virtio-blk.ko: kernel/virtio.ko\nkernel/virtio.ko:\n",
		"preinit":     "#!preinit",
		"busybox":     "#!busybox, of a length that needs padding",
		"file":        "text",
		"odd":         "",
	})
	for name, mode := range map[string]os.FileMode{"preinit": perm | 0o100, "busybox": perm | 0o100, "file": perm, "odd": perm | 0o100} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	return []string{
		"-preinit", filepath.Join(dir, "preinit"),
		"-modules-dir", dir, "-module", "virtio_blk",
		"-shell", filepath.Join(dir, "busybox"),
		"-file", filepath.Join(dir, "file") + ":/etc/deep/er/file",
		"-file", filepath.Join(dir, "odd") + ":usr/odd",
		"-o", filepath.Join(dir, "out.cpio"),
	}
}

func build1(t *testing.T, args []string) []byte {
	t.Helper()
	if err := run(args, io.Discard); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(args[len(args)-1])
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestSameInputsSameBytes(t *testing.T) {
	first := build1(t, inputs(t, time.Unix(1, 0), 0o600))
	again := build1(t, inputs(t, time.Now(), 0o666))
	if !bytes.Equal(first, again) {
		t.Error("other times, permissions and directory of the inputs changed the archive")
	}
}

// The archive is read back with a reader that has nothing to do with its writer.
func TestContents(t *testing.T) {
	archive := reader.NewReader(bytes.NewReader(build1(t, inputs(t, time.Now(), 0o644))))
	const dir, file, link, char = reader.TypeDir, reader.TypeReg, reader.TypeSymlink, reader.TypeChar
	want := []struct {
		name    string
		mode    reader.FileMode
		content string
	}{
		{"bin", dir | 0o755, ""},
		{"bin/busybox", file | 0o755, "#!busybox, of a length that needs padding"},
		{"bin/sh", link | 0o777, "busybox"},
		{"dev", dir | 0o755, ""},
		{"dev/console", char | 0o600, ""},
		{"dev/kmsg", char | 0o600, ""},
		{"dev/null", char | 0o666, ""},
		{"etc", dir | 0o755, ""},
		{"etc/deep", dir | 0o755, ""},
		{"etc/deep/er", dir | 0o755, ""},
		{"etc/deep/er/file", file | 0o644, "text"},
		{"init", link | 0o777, "preinit"},
		{"modules", dir | 0o755, ""},
		{"modules/001-virtio.ko", file | 0o644, "kernel/virtio.ko"},
		{"modules/002-virtio_blk.ko", file | 0o644, "kernel/virtio-blk.ko"},
		{"preinit", file | 0o755, "#!preinit"},
		{"proc", dir | 0o755, ""},
		{"root", dir | 0o755, ""},
		{"sys", dir | 0o755, ""},
		{"tmp", dir | 0o755, ""},
		{"usr", dir | 0o755, ""},
		{"usr/odd", file | 0o755, ""},
	}
	inodes := map[int64]string{}
	for _, w := range want {
		h, err := archive.Next()
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if h.Linkname != "" {
			content = []byte(h.Linkname)
		}
		if h.Name != w.name || h.Mode != w.mode || string(content) != w.content {
			t.Errorf("%s %o %q, want %s %o %q", h.Name, h.Mode, content, w.name, w.mode, w.content)
		}
		if h.Uid != 0 || h.Guid != 0 || h.ModTime.Unix() != 0 {
			t.Errorf("%s: owner %d:%d, time %v", h.Name, h.Uid, h.Guid, h.ModTime)
		}
		if other, ok := inodes[h.Inode]; ok {
			t.Errorf("%s and %s have inode %d", h.Name, other, h.Inode)
		}
		inodes[h.Inode] = h.Name
	}
	if h, err := archive.Next(); err != io.EOF {
		t.Errorf("after the last entry: %v, %v", h, err)
	}
}

// The numbers of the device nodes are not in reach of the independent reader:
// they are where the newc header has them.
func TestDeviceNumbers(t *testing.T) {
	content := build1(t, inputs(t, time.Now(), 0o644))
	for name, numbers := range map[string][2]int{"dev/console": {5, 1}, "dev/kmsg": {1, 11}, "dev/null": {1, 3}} {
		const headerSize, rdevMajor = 110, 78
		at := bytes.Index(content, []byte(name+"\x00")) - headerSize
		if at < 0 {
			t.Errorf("%s is missing", name)
			continue
		}
		got := string(content[at+rdevMajor : at+rdevMajor+16])
		if want := fmt.Sprintf("%08X%08X", numbers[0], numbers[1]); got != want {
			t.Errorf("%s: device %s, want %s", name, got, want)
		}
	}
}

func TestCollisions(t *testing.T) {
	script := filepath.Join(t.TempDir(), "preinit")
	write(t, script, "#!preinit")
	for _, name := range []string{"/preinit", "init", "dev/null", "dev", "preinit/below", "", "/", "../up", "a//b", "a/", "./a", "TRAILER!!!"} {
		a, err := build(&options{preinit: script})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.addFile(name, nil, false); !errors.Is(err, errTwice) && !errors.Is(err, errName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestUsage(t *testing.T) {
	for name, args := range map[string]string{
		"nothing":           "",
		"no preinit":        "-o out",
		"no output":         "-preinit p",
		"no directory":      "-preinit p -o out -module ext4",
		"stray word":        "-preinit p -o out ext4",
		"unknown flag":      "-preinit p -o out -nosuch",
		"file without pair": "-preinit archive.go -o out -file archive.go",
	} {
		if err := run(strings.Fields(args), io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	var help bytes.Buffer
	if err := run([]string{"-h"}, &help); err == nil {
		t.Error("help is taken for success")
	}
	for _, flag := range []string{"-o ", "-preinit ", "-modules-dir ", "-module ", "-file ", "-shell ", "Exit codes"} {
		if !strings.Contains(help.String(), flag) {
			t.Errorf("help does not mention %q", flag)
		}
	}
}

func TestFailureLeavesNoFile(t *testing.T) {
	args := inputs(t, time.Now(), 0o644)
	out := args[len(args)-1]
	if err := run(append([]string{"-module", "nosuch"}, args...), io.Discard); !errors.Is(err, errNoModule) {
		t.Errorf("error %v", err)
	}
	if left, _ := filepath.Glob(out + "*"); left != nil {
		t.Errorf("left behind: %q", left)
	}
}
