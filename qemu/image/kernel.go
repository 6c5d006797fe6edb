package image

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// metapackage depends on the current kernel package of Debian.
const metapackage = "linux-image-amd64"

// KernelFiles is a kernel, unpacked.
type KernelFiles struct {
	Vmlinux string // the ELF file, uncompressed
	Modules string // lib/modules/VERSION, with what depmod makes
}

// Kernel returns the newest kernel in the cache, and puts Debian's current one
// there first if there is none. To get a newer one, delete the cache.
func Kernel() (*KernelFiles, error) {
	if k, err := CachedKernel(); !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	if err := fetch(cache); err != nil {
		return nil, fmt.Errorf("cannot get Debian's kernel: %w", err)
	}
	return CachedKernel()
}

// cacheDir is where kernels stay: below $XDG_CACHE_HOME, or ~/.cache.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cannot find a place for the kernel: %w", err)
	}
	return filepath.Join(cache, "chainroot"), nil
}

// CachedKernel returns the kernel that was put into the cache last, or an error
// that wraps fs.ErrNotExist.
func CachedKernel() (*KernelFiles, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	var found *KernelFiles
	var when int64
	dirs, err := filepath.Glob(filepath.Join(cache, "linux-image-*", "lib", "modules", "*"))
	if err != nil {
		return nil, err
	}
	for _, modules := range dirs {
		vmlinux := filepath.Join(modules, "../../../vmlinux")
		info, err := os.Stat(vmlinux)
		if err != nil {
			return nil, err
		}
		if t := info.ModTime().UnixNano(); found == nil || t > when {
			found, when = &KernelFiles{Vmlinux: filepath.Clean(vmlinux), Modules: modules}, t
		}
	}
	if found == nil {
		return nil, fmt.Errorf("cannot find a kernel in %s: %w", cache, fs.ErrNotExist)
	}
	return found, nil
}

// fetch downloads, unpacks and prepares the kernel in a temporary directory of
// the cache, and renames the result, so that what is there is always whole.
func fetch(cache string) error {
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	name, err := kernelPackage()
	if err != nil {
		return err
	}
	if err := run(work, "apt-get", "-q", "download", name); err != nil {
		return err
	}
	packages, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(packages) != 1 {
		return fmt.Errorf("apt-get download left %q", packages)
	}
	tree := filepath.Join(work, "tree")
	if err := run(work, "dpkg-deb", "-x", packages[0], tree); err != nil {
		return err
	}
	version, err := onlyEntry(filepath.Join(tree, "lib", "modules"))
	if err != nil {
		return err
	}
	if err := run(work, "depmod", "-b", tree, version); err != nil {
		return err
	}
	boot := filepath.Join(tree, "boot")
	if err := unpackKernel(filepath.Join(boot, "vmlinuz-"+version), filepath.Join(tree, "vmlinux")); err != nil {
		return err
	}
	for _, dir := range []string{boot, filepath.Join(tree, "usr", "share")} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := os.Chmod(tree, 0o755); err != nil {
		return err
	}
	final := filepath.Join(cache, strings.TrimSuffix(filepath.Base(packages[0]), ".deb"))
	if err := os.Rename(tree, final); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// kernelPackage asks apt for the name of the current kernel package. Where apt
// has no lists yet, they are fetched, which takes root.
func kernelPackage() (string, error) {
	name, err := dependency(metapackage)
	if err == nil {
		return name, nil
	}
	update := []string{"apt-get", "-q", "update"}
	if os.Getuid() != 0 {
		update = slices.Insert(update, 0, "sudo")
	}
	if err := run(".", update[0], update[1:]...); err != nil {
		return "", err
	}
	return dependency(metapackage)
}

// dependency returns the one package that a metapackage depends on.
func dependency(name string) (string, error) {
	out, err := exec.Command("apt-cache", "depends", "--important", "--no-recommends", name).Output()
	if err != nil {
		return "", fmt.Errorf("cannot ask apt for the dependency of %s: %w", name, err)
	}
	for line := range strings.Lines(string(out)) {
		if kind, dep, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && kind == "Depends" {
			return dep, nil
		}
	}
	return "", fmt.Errorf("apt knows no package %s", name)
}

func onlyEntry(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("%d entries in %s, want one", len(entries), dir)
	}
	return entries[0].Name(), nil
}
