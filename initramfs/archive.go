package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/u-root/u-root/pkg/cpio"
)

var (
	errTwice  = errors.New("two files want the same name")
	errName   = errors.New("not a name below the root of the archive")
	errTooBig = errors.New("larger than a newc archive can hold")
)

// archive collects what goes into the cpio, by name without a leading slash.
type archive struct {
	records map[string]cpio.Record
}

func newArchive() *archive {
	return &archive{records: map[string]cpio.Record{}}
}

// add puts one record in, and the directories above it. A directory may be
// added again; anything else under a name that is taken is an error.
func (a *archive) add(r cpio.Record) error {
	name := strings.TrimPrefix(r.Name, "/")
	if name == "" || path.Clean("/"+name) != "/"+name || strings.ContainsRune(name, 0) || name == cpio.Trailer {
		return fmt.Errorf("cannot add %q: %w", r.Name, errName)
	}
	if dir := path.Dir(name); dir != "." {
		if err := a.add(cpio.Directory(dir, 0o755)); err != nil {
			return err
		}
	}
	if old, ok := a.records[name]; ok {
		if isDir(old) && isDir(r) {
			return nil
		}
		return fmt.Errorf("cannot add %q: %w", r.Name, errTwice)
	}
	r.Name = name
	a.records[name] = r
	return nil
}

// addFile puts a regular file in, with mode 0755 or 0644.
func (a *archive) addFile(name string, content []byte, executable bool) error {
	if int64(len(content)) > math.MaxUint32 {
		return fmt.Errorf("cannot add %q, %d bytes: %w", name, len(content), errTooBig)
	}
	perm := uint64(0o644)
	if executable {
		perm = 0o755
	}
	return a.add(cpio.StaticRecord(content, cpio.Info{Name: name, Mode: cpio.S_IFREG | perm}))
}

// writeTo writes the archive to w: sorted by name, so that a directory stands
// before what is in it, with inode numbers counted from 1.
func (a *archive) writeTo(w io.Writer) error {
	out := cpio.Newc.Writer(w)
	for i, name := range slices.Sorted(maps.Keys(a.records)) {
		r := a.records[name]
		r.Ino = uint64(i + 1)
		// The kernel looks for hard links where a file's count is two or more.
		r.NLink = 1
		if isDir(r) {
			r.NLink = 2
		}
		if err := out.WriteRecord(r); err != nil {
			return fmt.Errorf("cannot write %q: %w", name, err)
		}
	}
	return cpio.WriteTrailer(out)
}

func isDir(r cpio.Record) bool {
	return r.Mode&cpio.S_IFMT == cpio.S_IFDIR
}

// readProgram reads a program that must run with nothing else in the archive:
// one that asks for a dynamic linker is refused.
func readProgram(file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return content, nil // not ELF: a script is for the user to judge
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, fmt.Errorf("cannot use %s: it is not statically linked (for Go: CGO_ENABLED=0)", file)
		}
	}
	return content, nil
}
