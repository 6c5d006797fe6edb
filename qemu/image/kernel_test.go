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
	if _, err := CachedKernel(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty cache: %v", err)
	}
	for i, version := range []string{"6.1.0-9", "6.1.0-10", "6.1.0-8"} {
		dir := filepath.Join(cache, "chainroot", "linux-image-"+version+"-amd64_1_amd64")
		if err := os.MkdirAll(filepath.Join(dir, "lib", "modules", version), 0o755); err != nil {
			t.Fatal(err)
		}
		vmlinux := filepath.Join(dir, "vmlinux")
		if err := os.WriteFile(vmlinux, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		when := time.Unix(int64(1000+i%2), 0) // the second is the last that was put there
		if err := os.Chtimes(vmlinux, when, when); err != nil {
			t.Fatal(err)
		}
	}
	// What a build that was interrupted leaves behind is no kernel.
	if err := os.MkdirAll(filepath.Join(cache, "chainroot", "work-1", "tree", "lib", "modules", "7"), 0o755); err != nil {
		t.Fatal(err)
	}
	k, err := CachedKernel()
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(k.Modules) != "6.1.0-10" || filepath.Dir(k.Vmlinux) != filepath.Join(k.Modules, "../../..") {
		t.Errorf("%+v", k)
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

func TestKernelPackage(t *testing.T) {
	stub(t, "apt-cache", `printf '%s\n' linux-image-amd64 '  Depends: linux-image-6.1.0-9-amd64'`)
	if name, err := dependency(metapackage); err != nil || name != "linux-image-6.1.0-9-amd64" {
		t.Errorf("%q, %v", name, err)
	}
	stub(t, "apt-cache", `echo linux-image-amd64`)
	if name, err := dependency(metapackage); err == nil {
		t.Errorf("no dependency is taken for %q", name)
	}
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
