package image

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeCross makes a cache without anything built, and stubs for what the scripts
// in qemu/malta call to build it.
func fakeCross(t *testing.T) (cache string) {
	t.Helper()
	cache = t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	source := t.TempDir()
	if err := os.MkdirAll(filepath.Join(source, "debian", "config", "pkg"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "debian", "config", "pkg", "static"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stub(t, "go", "echo "+source)
	stub(t, "dpkg-parsechangelog", "echo 1:1.35.0-4")
	stub(t, "mips-linux-gnu-strip", `cp "$3" "$2"`)
	return cache
}

func TestBuiltOnce(t *testing.T) {
	cache := fakeCross(t)
	calls := filepath.Join(t.TempDir(), "calls")
	stub(t, "make", `echo made >> `+calls+`; echo program > "$2/busybox"`)
	first, err := Busybox("mips")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Busybox("mips")
	if err != nil || again != first {
		t.Errorf("%q, then %q, %v", first, again, err)
	}
	if content, err := os.ReadFile(first); err != nil || string(content) != "program\n" {
		t.Errorf("%s: %q, %v", first, content, err)
	}
	if !strings.HasPrefix(first, cache) || strings.Contains(first, ":") || !strings.HasSuffix(first, "_1.35.0-4_mips/busybox") {
		t.Errorf("it is in %s", first)
	}
	if made, _ := os.ReadFile(calls); strings.Count(string(made), "made") != 2 { // configured, and built
		t.Errorf("make was called %q", made)
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	cache := fakeCross(t)
	stub(t, "make", `echo the reason; exit 2`)
	if _, err := Busybox("mips"); err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("error %v", err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "chainroot", "*[^k]")) // all but the lock
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestBuiltIn links the kernel again, if it was ever built, and looks for the
// archive in it.
func TestBuiltIn(t *testing.T) {
	if _, err := CachedKernel("mips"); err != nil {
		t.Skip("needs the big-endian kernel: ", err)
	}
	if _, err := exec.LookPath("mips-linux-gnu-ld"); err != nil {
		t.Skip("needs a linker for MIPS: ", err)
	}
	dir := t.TempDir()
	archive, kernel := filepath.Join(dir, "archive"), filepath.Join(dir, "vmlinux")
	const content = "what stands for an initramfs"
	if err := os.WriteFile(archive, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := builtIn(archive, kernel); err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.ByteOrder.String() != "BigEndian" || f.Machine != elf.EM_MIPS {
		t.Errorf("the kernel is for %v, %v", f.Machine, f.ByteOrder)
	}
	b, err := os.ReadFile(kernel)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), content) {
		t.Error("the archive is not in the kernel")
	}
	if name, err := onlyEntries(dir); err != nil || name != "archive vmlinux" {
		t.Errorf("the directory has %q, %v", name, err)
	}
}

func onlyEntries(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " "), err
}
