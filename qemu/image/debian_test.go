package image

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSourceLines(t *testing.T) {
	const targets = `Packages|Debian|main|http://mirror.example/debian/|bookworm
Packages|Debian|main|http://mirror.example/debian/|bookworm
Translations|Debian|main|http://mirror.example/debian/|bookworm
Packages|Debian|contrib|http://mirror.example/debian/|bookworm
Packages|Debian|main|http://mirror.example/debian/|bookworm-updates
Packages|Debian|main|http://mirror.example/security/|bookworm-security
Packages|Debian Backports|main|http://mirror.example/debian/|bookworm-backports
Packages|Debian|main|http://mirror.example/debian/|trixie
Packages|Somebody|main|http://mirror.example/other/|bookworm
Packages
`
	want := []string{
		"deb http://mirror.example/debian/ bookworm main",
		"deb http://mirror.example/debian/ bookworm-updates main",
		"deb http://mirror.example/security/ bookworm-security main",
	}
	if got := sourceLines(targets); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := sourceLines(""); got != nil {
		t.Errorf("of nothing: %q", got)
	}
}

// What was made whole stays; what could not be made leaves nothing.
func TestCachedDebian(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	stub(t, "apt-get", "echo 'Packages|Debian|main|http://mirror.example/debian/|bookworm'")
	base, err := CachedDebian()
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty cache: %s, %v", base, err)
	}
	stub(t, "mmdebstrap", `for a; do case $a in *.tar) echo half >"$a"; esac; done; echo the reason >&2; exit 1`)
	if err := makeDebian(base); err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(base)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	stub(t, "mmdebstrap", `for a; do case $a in *.tar) echo "$@" >"$a"; esac; done`)
	if err := makeDebian(base); err != nil {
		t.Fatal(err)
	}
	again, err := CachedDebian()
	if err != nil || again != base {
		t.Errorf("%s, %v, want %s", again, err, base)
	}
	made, err := os.ReadFile(base)
	if err != nil || !strings.Contains(string(made), " bookworm ") || !strings.HasSuffix(string(made), ".tar deb http://mirror.example/debian/ bookworm main\n") {
		t.Errorf("mmdebstrap was called with %q, %v", made, err)
	}
}

func TestWithSnapshot(t *testing.T) {
	for _, program := range []string{"mksquashfs", "unsquashfs"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("needs ", program, ": ", err)
		}
	}
	dir := t.TempDir()
	tr := newTree()
	tr.dir("/usr/sbin", 0o755)
	tr.file("/usr/sbin/other", 0o755, "other")
	tr.symlink("/sbin", "usr/sbin")
	tr.file("/etc/passwd", 0o640, "root")
	if err := tr.tar.Close(); err != nil || tr.err != nil {
		t.Fatal(err, tr.err)
	}
	base, snapshot, file := filepath.Join(dir, "base.tar"), filepath.Join(dir, "snapshot"), filepath.Join(dir, "debian.squashfs")
	for name, content := range map[string][]byte{base: tr.buf.Bytes(), snapshot: bytes.Repeat([]byte("program"), 100)} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := withSnapshot(base, snapshot, file); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("unsquashfs", "-lln", "-UTC", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	listing := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{
		"-rwxr-xr-x 0/0 700 2024-01-01 00:00 squashfs-root/usr/sbin/snapshot",
		"-rwxr-xr-x 0/0 5 2024-01-01 00:00 squashfs-root/usr/sbin/other",
		"squashfs-root/sbin -> usr/sbin", "-rw-r----- 0/0 4 2024-01-01 00:00 squashfs-root/etc/passwd",
	} {
		if !strings.Contains(listing, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if err := withSnapshot(base, filepath.Join(dir, "none"), file); err == nil {
		t.Error("a missing program is no error")
	}
}
