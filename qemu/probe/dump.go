//go:build linux

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// dump writes one line for every file of a tree, in the order of their names:
// all that a commit has to keep. Not part of it are what no commit keeps (access
// and change times, inode numbers) and what an overlay makes up (the size and
// link count of a directory).
func dump(w io.Writer, top string) error {
	links := map[[2]uint64]string{}
	return filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		line, err := describe(path, links)
		if err != nil {
			return fmt.Errorf("cannot describe %q: %w", path, err)
		}
		_, err = fmt.Fprintln(w, line)
		return err
	})
}

// describe returns the line for one file; links has the first name of each file
// with several.
func describe(path string, links map[[2]uint64]string) (string, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); errors.Is(err, unix.ENOENT) {
		return fmt.Sprintf("%q is listed, but not there", path), nil
	} else if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q mode=%o owner=%d:%d mtime=%d.%09d", path, st.Mode, st.Uid, st.Gid, st.Mtim.Sec, st.Mtim.Nsec)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		content, err := extents(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, " size=%d allocated=%d%s", st.Size, st.Blocks*512, content)
	case unix.S_IFLNK:
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, " target=%q", target)
	case unix.S_IFCHR, unix.S_IFBLK:
		fmt.Fprintf(&b, " device=%d:%d", unix.Major(uint64(st.Rdev)), unix.Minor(uint64(st.Rdev)))
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR && st.Nlink > 1 {
		inode := [2]uint64{uint64(st.Dev), st.Ino}
		if links[inode] == "" {
			links[inode] = path
		}
		fmt.Fprintf(&b, " links=%d first=%q", st.Nlink, links[inode])
	}
	attributes, err := xattrs(path)
	b.WriteString(attributes)
	return b.String(), err
}

// extents describes the content of a file: where its data lies, and its hash.
func extents(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	hash := sha256.New()
	for at := int64(0); ; {
		start, err := f.Seek(at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			break
		}
		if err != nil {
			return "", err
		}
		end, err := f.Seek(start, unix.SEEK_HOLE)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, " data=%d-%d", start, end)
		if _, err := io.Copy(hash, io.NewSectionReader(f, start, end-start)); err != nil {
			return "", err
		}
		at = end
	}
	fmt.Fprintf(&b, " sha256=%x", hash.Sum(nil)[:8])
	return b.String(), nil
}

func xattrs(path string) (string, error) {
	names := make([]byte, 64<<10)
	n, err := unix.Llistxattr(path, names)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	list := strings.FieldsFunc(string(names[:n]), func(r rune) bool { return r == 0 })
	slices.Sort(list)
	var b strings.Builder
	for _, name := range list {
		value := make([]byte, 64<<10)
		n, err := unix.Lgetxattr(path, name, value)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, " %q=%q", name, value[:n])
	}
	return b.String(), nil
}
