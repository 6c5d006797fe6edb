package image

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// metapackages depend on Debian's current kernel package, by Go's name of the
// architecture. For mipsle and mips64le it is the kernel of QEMU's machine malta.
var metapackages = map[string]string{
	"amd64":    "linux-image-amd64",
	"arm64":    "linux-image-arm64",
	"mipsle":   "linux-image-4kc-malta",
	"mips64le": "linux-image-5kc-malta",
}

// KernelFiles is a kernel, unpacked.
type KernelFiles struct {
	Vmlinux string // what QEMU loads: an ELF file, for arm64 an Image
	Vmlinuz string // what a boot loader loads, as Debian has it
	Modules string // lib/modules/VERSION, with what depmod makes
}

// Kernel returns the newest kernel for an architecture, Go's name, in the cache,
// and puts Debian's current one there first if there is none. To get a newer one,
// delete the cache.
func Kernel(arch string) (*KernelFiles, error) {
	if arch == bigEndian {
		dir, err := fromSource("kernel")
		if err != nil {
			return nil, err
		}
		return kernelFiles(filepath.Join(dir, "vmlinux"))
	}
	if k, err := CachedKernel(arch); !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	err := fetch(arch, func(a *archive) (string, error) { return a.dependency(metapackages[arch]) }, prepareKernel)
	if err != nil {
		return nil, fmt.Errorf("cannot get Debian's kernel for %s: %w", arch, err)
	}
	return CachedKernel(arch)
}

// CachedKernel returns the kernel that was put into the cache last, or an error
// that wraps fs.ErrNotExist.
func CachedKernel(arch string) (*KernelFiles, error) {
	last := "vmlinuz" // that fetch puts there
	if arch == bigEndian {
		last = "vmlinux" // which no boot loader loads
	}
	file, err := cached(arch, "linux-image-*", last)
	if err != nil {
		return nil, err
	}
	return kernelFiles(filepath.Join(filepath.Dir(file), "vmlinux"))
}

// kernelFiles returns the kernel that lies beside its modules.
func kernelFiles(vmlinux string) (*KernelFiles, error) {
	dir := filepath.Dir(vmlinux)
	modules := filepath.Join(dir, "lib", "modules")
	version, err := onlyEntry(modules)
	if err != nil {
		return nil, err
	}
	return &KernelFiles{Vmlinux: vmlinux, Vmlinuz: filepath.Join(dir, "vmlinuz"), Modules: filepath.Join(modules, version)}, nil
}

// Busybox returns Debian's static busybox for an architecture, Go's name, which is
// fetched if the cache has none.
func Busybox(arch string) (string, error) {
	if arch == bigEndian {
		return fromSource("busybox")
	}
	const name = "busybox-static"
	file, err := cached(arch, name, "busybox")
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if err := fetch(arch, func(*archive) (string, error) { return name, nil }, prepareBusybox); err != nil {
		return "", fmt.Errorf("cannot get Debian's busybox for %s: %w", arch, err)
	}
	return cached(arch, name, "busybox")
}

// cacheDir is where packages stay: below $XDG_CACHE_HOME, or ~/.cache.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cannot find a place for Debian's packages: %w", err)
	}
	return filepath.Join(cache, "chainroot"), nil
}

// cached returns a file of an unpacked package, the newest if there are more, or
// an error that wraps fs.ErrNotExist.
func cached(arch, name, file string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(cache, name+"_*_"+debianArch[arch], file))
	if err != nil {
		return "", err
	}
	var newest string
	var when int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", err
		}
		if t := info.ModTime().UnixNano(); newest == "" || t > when {
			newest, when = f, t
		}
	}
	if newest == "" {
		return "", fmt.Errorf("cannot find %s for %s in %s: %w", name, arch, cache, fs.ErrNotExist)
	}
	return newest, nil
}

// fetch downloads, unpacks and prepares a package in a temporary directory of
// the cache, and renames the result, so that what is there is always whole.
func fetch(arch string, choose func(*archive) (name string, err error), prepare func(tree string) error) error {
	if debianArch[arch] == "" {
		return errors.New("no architecture of Debian's")
	}
	a, err := newArchive(debianArch[arch])
	if err != nil {
		return err
	}
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	name, err := choose(a)
	if err != nil {
		return err
	}
	file, err := a.download(work, name)
	if err != nil {
		return err
	}
	tree := filepath.Join(work, "tree")
	if err := run(work, "dpkg-deb", "-x", file, tree); err != nil {
		return err
	}
	if err := prepare(tree); err != nil {
		return err
	}
	if err := os.Chmod(tree, 0o755); err != nil {
		return err
	}
	final := filepath.Join(cache, strings.TrimSuffix(filepath.Base(file), ".deb"))
	err = os.Rename(tree, final)
	if errors.Is(err, fs.ErrExist) { // of another process, or it lacked what this one puts there
		if err = os.Rename(final, filepath.Join(work, "old")); err == nil {
			err = os.Rename(tree, final)
		}
	}
	return err
}

// prepareKernel leaves of a kernel package what a machine needs.
func prepareKernel(tree string) error {
	version, err := onlyEntry(filepath.Join(tree, "lib", "modules"))
	if err != nil {
		return err
	}
	if err := run(tree, "depmod", "-b", tree, version); err != nil {
		return err
	}
	boot := filepath.Join(tree, "boot")
	vmlinuz := filepath.Join(tree, "vmlinuz")
	if err := os.Rename(filepath.Join(boot, "vmlinuz-"+version), vmlinuz); err != nil {
		return err
	}
	if err := unpackKernel(vmlinuz, filepath.Join(tree, "vmlinux")); err != nil {
		return err
	}
	return removeAll(boot, filepath.Join(tree, "usr", "share"))
}

// prepareBusybox leaves of busybox-static the program.
func prepareBusybox(tree string) error {
	err := os.Rename(filepath.Join(tree, "bin", "busybox"), filepath.Join(tree, "busybox"))
	if errors.Is(err, fs.ErrNotExist) { // a release where /bin is a link
		err = os.Rename(filepath.Join(tree, "usr", "bin", "busybox"), filepath.Join(tree, "busybox"))
	}
	if err != nil {
		return err
	}
	return removeAll(filepath.Join(tree, "bin"), filepath.Join(tree, "usr"))
}

func removeAll(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
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
