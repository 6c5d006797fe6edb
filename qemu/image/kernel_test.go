package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCachedKernel(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	if _, err := CachedKernel("amd64"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty cache: %v", err)
	}
	for i, name := range []string{"6.1.0-9-amd64_1_amd64", "6.1.0-10-amd64_1_amd64", "6.1.0-8-amd64_1_amd64", "6.1.0-11-arm64_1_arm64"} {
		version, _, _ := strings.Cut(name, "_")
		dir := filepath.Join(cache, "chainroot", "linux-image-"+name)
		if err := os.MkdirAll(filepath.Join(dir, "lib", "modules", version), 0o755); err != nil {
			t.Fatal(err)
		}
		vmlinuz := filepath.Join(dir, "vmlinuz")
		if err := os.WriteFile(vmlinuz, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		when := time.Unix(int64(1000+i%2), 0) // the second is the last that was put there for amd64
		if err := os.Chtimes(vmlinuz, when, when); err != nil {
			t.Fatal(err)
		}
	}
	// What a build that was interrupted leaves behind is no kernel.
	if err := os.MkdirAll(filepath.Join(cache, "chainroot", "work-1", "tree", "lib", "modules", "7"), 0o755); err != nil {
		t.Fatal(err)
	}
	for arch, want := range map[string]string{"amd64": "6.1.0-10-amd64", "arm64": "6.1.0-11-arm64"} {
		k, err := Kernel(arch)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(k.Modules) != want || filepath.Dir(k.Vmlinux) != filepath.Join(k.Modules, "../../..") {
			t.Errorf("%s: %+v", arch, k)
		}
	}
}

// TestFetch takes a package of made-up files through the cache, for a machine of
// another architecture.
func TestFetch(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	calls := filepath.Join(t.TempDir(), "calls")
	stub(t, "apt-get", `echo "$4" >> `+calls+`; : > "$5_1.2-3_mipsel.deb"`)
	stub(t, "dpkg-deb", `mkdir -p "$3/bin" "$3/usr/share/doc"; echo program > "$3/bin/busybox"`)
	for range 2 {
		file, err := Busybox("mipsle")
		if err != nil {
			t.Fatal(err)
		}
		if content, err := os.ReadFile(file); err != nil || string(content) != "program\n" {
			t.Errorf("%s: %q, %v", file, content, err)
		}
		if name, err := onlyEntry(filepath.Dir(file)); err != nil || name != "busybox" {
			t.Errorf("%q, %v", name, err)
		}
	}
	if got, err := os.ReadFile(calls); err != nil || string(got) != "download\n" {
		t.Errorf("apt-get was called to %q, %v", got, err)
	}
	if _, err := Busybox("pdp11"); err == nil || !strings.Contains(err.Error(), "pdp11") {
		t.Errorf("an architecture that Debian has not: %v", err)
	}
}

// What an older program has left in the cache under the same name is replaced.
func TestFetchReplaces(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	stub(t, "apt-get", `: > "$5_1.2-3_amd64.deb"`)
	stub(t, "dpkg-deb", `mkdir -p "$3"; echo new > "$3/new"`)
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(cache, "package_1.2-3_amd64", "old"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := fetch("amd64", func(*archive) (string, error) { return "package", nil }, func(string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		file, err := cached("amd64", "package", "new")
		if err != nil {
			t.Fatal(err)
		}
		if name, err := onlyEntry(filepath.Dir(file)); err != nil || name != "new" {
			t.Errorf("%q, %v", name, err)
		}
	}
}

// stub puts a program of one line of shell in front of all others.
func stub(t *testing.T, name, line string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+line+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestRunShowsWhatFailed(t *testing.T) {
	stub(t, "broken", "echo the reason >&2; exit 3")
	err := run(t.TempDir(), "broken", "argument")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"broken argument", "exit status 3", "the reason"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
}
