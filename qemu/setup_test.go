package qemu_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bench makes a directory that is all of a PATH: some programs of the host, and
// stubs, each a line of shell.
func bench(t *testing.T, stubs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range []string{"sh", "grep"} {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, program)); err != nil {
			t.Fatal(err)
		}
	}
	for name, line := range stubs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+line+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// setup runs the script with nothing but dir on its PATH.
func setup(t *testing.T, dir string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", "./setup")
	cmd.Env = []string{"PATH=" + dir}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var allThere = []string{"qemu-system-x86_64", "qemu-system-aarch64", "qemu-system-mips", "qemu-mips-static", "grub-mkimage", "mksquashfs", "busybox", "depmod",
	"mkfs.jffs2", "sfdisk", "mkfs.ext4", "dpkg-deb", "mmdebstrap", "newuidmap", "tar", "xz", "zstd", "gzip", "lz4", "bsdtar", "flock", "mandoc", "ip", "batctl", "systemd-analyze", "make", "bc", "bison", "flex", "dpkg-source"}

// library is how a compiler answers that has a C library to link with.
const library = "echo /usr/lib/crt1.o"

func TestSetup(t *testing.T) {
	called := filepath.Join(t.TempDir(), "called")
	stubs := func(id string) map[string]string {
		s := map[string]string{
			"id":                 "echo " + id,
			"apt-get":            fmt.Sprintf(`echo "$@" >> %s`, called),
			"dpkg-query":         "exit 1",
			"gcc":                library,
			"mips-linux-gnu-gcc": library,
		}
		for _, program := range allThere {
			s[program] = "true"
		}
		return s
	}

	if out, err := setup(t, bench(t, stubs("0"))); err != nil || out != "" {
		t.Errorf("with all there: %v, %q", err, out)
	}
	if _, err := os.Stat(called); err == nil {
		t.Error("apt-get was called with all there")
	}

	lacks := stubs("0")
	delete(lacks, "qemu-system-x86_64")
	delete(lacks, "xz")
	if out, err := setup(t, bench(t, lacks)); err != nil {
		t.Errorf("as root: %v, %q", err, out)
	}
	got, _ := os.ReadFile(called)
	if lines := strings.Split(string(got), "\n"); len(lines) != 3 || !strings.Contains(lines[0], "update") ||
		!strings.Contains(lines[1], "install") || !strings.HasSuffix(lines[1], " qemu-system-x86 xz-utils") {
		t.Errorf("apt-get was called with %q", lines)
	}

	user := stubs("1000")
	delete(user, "xz")
	out, err := setup(t, bench(t, user))
	if err == nil || !strings.Contains(out, "root") || !strings.Contains(out, "xz-utils") {
		t.Errorf("as a user without sudo: %v, %q", err, out)
	}
	user["sudo"] = `"$@"`
	if out, err := setup(t, bench(t, user)); err != nil {
		t.Errorf("as a user with sudo: %v, %q", err, out)
	}

	plain := stubs("0")
	plain["dpkg-query"] = "echo install ok installed" // busybox, not static
	if out, err := setup(t, bench(t, plain)); err != nil || !strings.Contains(out, "busybox-static") {
		t.Errorf("with another busybox: %v, %q", err, out)
	}

	alone := stubs("0")
	alone["mips-linux-gnu-gcc"] = "echo crt1.o" // it did not find the file
	os.Remove(called)
	if out, err := setup(t, bench(t, alone)); err != nil {
		t.Errorf("with a compiler alone: %v, %q", err, out)
	}
	if got, _ := os.ReadFile(called); !strings.HasSuffix(string(got), " libc6-dev-mips-cross\n") {
		t.Errorf("with a compiler alone apt-get was called with %q", got)
	}

	foreign := stubs("0")
	delete(foreign, "xz")
	delete(foreign, "apt-get")
	if out, err := setup(t, bench(t, foreign)); err == nil || !strings.Contains(out, "xz-utils") {
		t.Errorf("on a host without apt: %v, %q", err, out)
	}
}
