package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"time"
)

// built is the time of every file in the firmware, and of the squashfs.
var built = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// tree is a file tree, as a tar in the making: no file of it need exist on the
// host with its owner, mode or device number. The first error sticks.
type tree struct {
	buf bytes.Buffer
	tar *tar.Writer
	has map[string]bool
	err error
}

func newTree() *tree {
	t := &tree{has: map[string]bool{"/": true}}
	t.tar = tar.NewWriter(&t.buf)
	return t
}

func (t *tree) add(h *tar.Header, content []byte) {
	if t.err != nil {
		return
	}
	if parent := path.Dir(h.Name); !t.has[parent] {
		t.dir(parent, 0o755)
	}
	t.has[h.Name] = true
	h.Name = strings.TrimPrefix(h.Name, "/")
	h.ModTime = built
	h.Size = int64(len(content))
	if t.err = t.tar.WriteHeader(h); t.err == nil {
		_, t.err = t.tar.Write(content)
	}
}

func (t *tree) dir(name string, mode int64) {
	if !t.has[name] {
		t.add(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}, nil)
	}
}

func (t *tree) file(name string, mode int64, content string) {
	t.add(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode}, []byte(content))
}

func (t *tree) symlink(name, target string) {
	t.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

func (t *tree) link(name, target string) {
	t.add(&tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: strings.TrimPrefix(target, "/"), Mode: 0o644}, nil)
}

func (t *tree) char(name string, mode, major, minor int64) {
	t.add(&tar.Header{Typeflag: tar.TypeChar, Name: name, Mode: mode, Devmajor: major, Devminor: minor}, nil)
}

// program copies a file of the host in as an executable.
func (t *tree) program(name, source string) {
	content, err := os.ReadFile(source)
	if err != nil && t.err == nil {
		t.err = err
	}
	t.file(name, 0o755, string(content))
}

// lz4 is of all compressors the least work for an emulated machine.
const lz4 = "lz4"

// squash writes the tree as a squashfs, with a compressor that mksquashfs knows.
func (t *tree) squash(file, compressor string) error {
	if t.err == nil {
		t.err = t.tar.Close()
	}
	if t.err != nil {
		return fmt.Errorf("cannot write the firmware: %w", t.err)
	}
	return Squashfs(&t.buf, file, compressor, "-all-time", fmt.Sprint(built.Unix()))
}

// Squashfs writes a squashfs of what is in a tar, with a compressor that mksquashfs
// knows.
func Squashfs(tar io.Reader, file, compressor string, options ...string) error {
	stamp := fmt.Sprint(built.Unix())
	cmd := exec.Command("mksquashfs", append([]string{"-", file, "-tar", "-noappend", "-quiet", "-no-progress",
		"-mkfs-time", stamp, "-root-time", stamp, "-root-mode", "0755", "-root-uid", "0", "-root-gid", "0",
		"-comp", compressor}, options...)...)
	cmd.Stdin = tar
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot run %s: %w\n%s", cmd, err, out)
	}
	return nil
}
