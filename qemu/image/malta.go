package image

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// bigEndian is the architecture of the machine whose kernel and busybox are not
// Debian's packages: the scripts in qemu/malta build them from Debian's sources.
const bigEndian = "mips"

// fromSource runs one of the scripts in qemu/malta, and returns what it says that it
// built. What the cache has is not built again.
func fromSource(script string) (string, error) {
	source, err := Source()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(filepath.Join(source, "qemu", "malta", script))
	var said bytes.Buffer
	cmd.Stderr = io.MultiWriter(os.Stderr, &said) // a build takes some minutes, and says so
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot run %s: %w\n%s", cmd, err, said.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

// BuiltIn returns the kernel of the big-endian machine with the initramfs built in.
func (i *Image) BuiltIn() (string, error) {
	kernel := filepath.Join(filepath.Dir(i.Initramfs), "vmlinux")
	return kernel, builtIn(i.Initramfs, kernel)
}

// builtIn writes the kernel with an initramfs in it.
func builtIn(initramfs, kernel string) error {
	source, err := Source()
	if err != nil {
		return err
	}
	return run(".", filepath.Join(source, "qemu", "malta", "kernel"), "relink", initramfs, kernel)
}

// LinuxSource downloads Debian's package with the source of its current kernel
// into a directory, and returns its file.
func LinuxSource(dir string) (string, error) {
	arch, ok := debianArch[runtime.GOARCH]
	if !ok {
		arch = "amd64" // the package is the same for all
	}
	a, err := newArchive(arch)
	if err != nil {
		return "", err
	}
	name, err := a.dependency("linux-source")
	if err != nil {
		return "", err
	}
	return a.download(dir, name)
}

// BusyboxSource unpacks Debian's source package of busybox into a directory, and
// returns the directory that it made there.
func BusyboxSource(dir string) (string, error) {
	a, err := newArchive(sources)
	if err != nil {
		return "", err
	}
	return a.unpackSource(dir, "busybox")
}
