package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The trees that are measured, of what each machine with Debian and Go has: its own
// files, so the figures of two machines differ, and those of two runs do not.
//
//	A  what a unit keeps of its configuration: of /etc, in the order of their paths,
//	   the first 500 files that everybody may read and that have no more than 32 KiB,
//	   up to 1.5 MB.
//	B  a large installation: the libraries of Python and Perl, up to 95 MB of them;
//	   then programs of Go's tool chain up to 115 MB, for a unit has machine code,
//	   too; then of Go's source, files of up to 16 KiB, what makes it 5,000 files: about
//	   130 MB.
//	C  many small files: all of Go's source, about 11,500 files with 130 MB.
const (
	filesA, bytesA, largestA = 500, 1_500_000, 32 << 10
	filesB, librariesB       = 5000, 95_000_000
	bytesB, largestB         = 115_000_000, 16 << 10
)

// picker picks files.
type picker struct {
	paths []string // directories before what is in them
	has   map[string]bool
	size
}

// take adds files below roots until there are so many files, or so many bytes.
// Directories and links come along and are not counted.
func (p *picker) take(files int, bytes, largest int64, roots ...string) error {
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case p.files >= files || p.bytes >= bytes:
				return fs.SkipAll
			case e.IsDir() && e.Name() == "__pycache__": // it depends on what was run
				return fs.SkipDir
			case e.IsDir(), p.has[path]:
				return nil
			case e.Type() == fs.ModeSymlink:
				p.add(path)
			case e.Type().IsRegular():
				st, err := e.Info()
				if err != nil {
					return err
				}
				if st.Mode()&0o004 != 0 && st.Size() <= largest {
					p.add(path)
					p.files++
					p.bytes += st.Size()
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("cannot pick files: %w", err)
		}
	}
	return nil
}

// add adds a path, and the directories that lead there.
func (p *picker) add(path string) {
	if path == "/" || p.has[path] {
		return
	}
	p.add(filepath.Dir(path))
	p.has[path] = true
	p.paths = append(p.paths, path)
}

// pick picks the files of a tree.
func pick(name string) (*picker, error) {
	p := &picker{has: map[string]bool{}}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("cannot find Go: %w", err)
	}
	goroot := strings.TrimSpace(string(out))
	source := filepath.Join(goroot, "src")
	const all = 1 << 40
	switch name {
	case "A":
		return p, p.take(filesA, bytesA, largestA, "/etc")
	case "C":
		return p, p.take(all, all, all, source)
	}
	var libraries []string
	for _, pattern := range []string{"/usr/lib/python3.*", "/usr/share/perl", "/usr/lib/*/perl*", "/usr/lib/python3"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		libraries = append(libraries, found...)
	}
	if err := p.take(filesB, librariesB, all, libraries...); err != nil {
		return nil, err
	}
	if err := p.take(all, bytesB, all, filepath.Join(goroot, "pkg/tool"), filepath.Join(goroot, "bin")); err != nil {
		return nil, err
	}
	return p, p.take(filesB, all, largestB, source)
}

// copyTree copies a tree to a directory, with all that belongs to its files. Times
// are whole seconds, as packages have them.
func copyTree(name, to string) error {
	p, err := pick(name)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return fmt.Errorf("cannot make a directory: %w", err)
	}
	list := to + ".list"
	if err := os.WriteFile(list, []byte(strings.Join(p.paths, "\x00")), 0o600); err != nil {
		return fmt.Errorf("cannot write a list of files: %w", err)
	}
	defer os.Remove(list)
	// The format of ustar has no fractions of a second.
	_, err = pipe("tar -C / --format=ustar --no-recursion --null --verbatim-files-from -P -cf - -T "+list,
		"tar -P --numeric-owner -xpf - --transform=s,^/,, -C "+to).run()
	if err != nil {
		return err
	}
	return unix.Chmod(to, 0o755)
}
