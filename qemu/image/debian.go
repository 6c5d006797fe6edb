package image

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// suite is the release of Debian that is a firmware.
const suite = "bookworm"

// bootstrap is what a Debian is made of, in words of mmdebstrap: the least that
// apt calls a system, with systemd as its init. Without udev no device is ever
// there for systemd, and so no login on the console; without dbus systemctl does
// not work for users.
var bootstrap = []string{"--variant=minbase", "--include=systemd-sysv,udev,dbus", suite}

// Debian returns the same image with Debian as the firmware: as mmdebstrap makes
// it, and /sbin/snapshot.
func (i *Image) Debian() (*Image, error) {
	base, err := CachedDebian()
	if errors.Is(err, fs.ErrNotExist) {
		err = makeDebian(base)
	}
	if err != nil {
		return nil, err
	}
	debian := *i
	debian.Root = filepath.Join(filepath.Dir(i.Root), "debian.squashfs")
	return &debian, withSnapshot(base, i.Snapshot, debian.Root)
}

// CachedDebian returns where a tar of Debian without /sbin/snapshot lies in the
// cache, with an error that wraps fs.ErrNotExist if it is yet to be made. One that
// is made of something else has another name. To get newer packages, delete it.
func CachedDebian() (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte(strings.Join(bootstrap, "\n")))
	base := filepath.Join(cache, fmt.Sprintf("debian-%s-%x.tar", suite, key[:6]))
	_, err = os.Stat(base)
	return base, err
}

// makeDebian makes the tar with packages from where apt gets them on this host.
func makeDebian(base string) error {
	cache := filepath.Dir(base)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	sources, err := aptSources()
	if err != nil {
		return err
	}
	made := filepath.Join(work, "debian.tar")
	args := slices.Concat([]string{fmt.Sprint("SOURCE_DATE_EPOCH=", built.Unix()), "mmdebstrap", "--quiet"}, bootstrap, []string{made}, sources)
	if err := run(work, "env", args...); err != nil {
		return fmt.Errorf("cannot make a Debian: %w", err)
	}
	return os.Rename(made, base)
}

// targetFormat has apt print what one-line entries of a sources.list are made
// of, for every list that it has.
const targetFormat = "$(CREATED_BY)|$(ORIGIN)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)"

// aptSources returns Debian's part of the host's apt sources. If it is of another
// release there are none, and mmdebstrap knows its own.
func aptSources() ([]string, error) {
	out, err := exec.Command("apt-get", "indextargets", "--format", targetFormat).Output()
	if err != nil {
		return nil, fmt.Errorf("cannot ask apt for its sources: %w", err)
	}
	return sourceLines(string(out)), nil
}

// sourceLines makes entries of a sources.list of what apt prints in targetFormat.
func sourceLines(targets string) []string {
	var lines []string
	for target := range strings.Lines(targets) {
		w := strings.Split(strings.TrimSpace(target), "|")
		if len(w) != 5 || w[0] != "Packages" || w[1] != "Debian" || w[2] != "main" {
			continue
		}
		release := strings.TrimPrefix(w[4], suite)
		if release != "" && release != "-updates" && release != "-security" || release == w[4] {
			continue
		}
		if line := fmt.Sprintf("deb %s %s main", w[3], w[4]); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// withSnapshot writes a squashfs of what is in a tar, with a program as
// /sbin/snapshot, which is /usr/sbin/snapshot in Debian.
func withSnapshot(base, snapshot, file string) error {
	t := newTree()
	t.has["/usr/sbin"] = true // in base
	t.program("/usr/sbin/snapshot", snapshot)
	if t.err == nil {
		t.err = t.tar.Flush() // and no end, for base follows
	}
	if t.err != nil {
		return fmt.Errorf("cannot write the firmware: %w", t.err)
	}
	rest, err := os.Open(base)
	if err != nil {
		return err
	}
	defer rest.Close()
	return Squashfs(io.MultiReader(&t.buf, rest), file, lz4)
}
