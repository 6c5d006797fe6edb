package image

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTools(t *testing.T) {
	for _, program := range []string{"dpkg-deb", "mksquashfs", "unsquashfs"} {
		if _, err := lookPath(program); err != nil {
			t.Skip("needs ", program, ": ", err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "probe"), []byte("probe"), 0o755); err != nil {
		t.Fatal(err)
	}
	tools, err := (&Image{Root: filepath.Join(dir, "root.squashfs")}).Tools()
	if err != nil {
		t.Fatal(err)
	}
	top := filepath.Join(dir, "top")
	if err := run(dir, "unsquashfs", "-no-xattrs", "-d", top, tools); err != nil {
		t.Fatal(err)
	}
	for _, r := range repositories {
		deb, err := os.ReadFile(filepath.Join(top, r.name, Package+".deb"))
		if err != nil {
			t.Fatal(err)
		}
		packages, err := os.ReadFile(filepath.Join(top, r.name, "Packages"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Package: " + Package + "\n", "Version: " + r.version + "\n", "Filename: ./" + Package + ".deb\n",
			fmt.Sprintf("Size: %d\n", len(deb)), fmt.Sprintf("SHA256: %x\n", sha256.Sum256(deb))} {
			if !strings.Contains(string(packages), want) {
				t.Errorf("%q is not in %q", want, packages)
			}
		}
		again, err := buildPackage(t.TempDir(), r.version)
		if err != nil || string(again) != string(deb) {
			t.Errorf("the same package gave another file, %v", err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "work-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
