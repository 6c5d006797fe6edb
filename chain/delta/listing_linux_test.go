package delta_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// listing describes every file of a tree, sockets excepted.
type listing map[string]string

// list reads a tree. raw: it is an upper directory, whose opaque marks count;
// else it is a mounted overlay, or one that is compared with it.
func list(t tester, root string, raw bool) listing {
	t.Helper()
	l := listing{}
	first := map[uint64]string{} // the first name of an inode
	must(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.Mode()&os.ModeSocket != 0 {
			return nil
		}
		var st unix.Statx_t // stat(2) cuts times off, on machines of 32 bits
		if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS, &st); err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		device := unix.Mkdev(st.Rdev_major, st.Rdev_minor)
		if st.Mode&unix.S_IFMT == unix.S_IFCHR && device == 0 {
			l[rel] = "whiteout"
			return nil
		}
		d := fmt.Sprintf("%o %d:%d %d.%09d", st.Mode, st.Uid, st.Gid, st.Mtime.Sec, st.Mtime.Nsec)
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			d += fmt.Sprintf(" %d bytes %.8x", len(b), sha256.Sum256(b))
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			d += " -> " + target
		case unix.S_IFCHR, unix.S_IFBLK:
			d += fmt.Sprintf(" device %x", device)
		}
		if raw && st.Nlink > 1 && !info.IsDir() {
			if first[st.Ino] == "" {
				first[st.Ino] = rel
			}
			d += " = " + first[st.Ino]
		}
		l[rel] = d + listXattrs(t, path, raw)
		return nil
	}))
	return l
}

// listXattrs describes extended attributes.
func listXattrs(t tester, path string, raw bool) string {
	buf := make([]byte, 1<<16)
	n, err := unix.Llistxattr(path, buf)
	must(t, err)
	var all []string
	for name := range strings.SplitSeq(string(buf[:n]), "\x00") {
		if name == "" || strings.HasPrefix(name, "trusted.overlay.") && (!raw || name != "trusted.overlay.opaque") &&
			!strings.HasPrefix(name, "trusted.overlay.overlay.") {
			continue
		}
		all = append(all, fmt.Sprintf(" %s=%q", name, getxattr(path, name)))
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

// differences compares two listings, line by line; "" means there are none.
func differences(want, got listing) string {
	var b strings.Builder
	for _, path := range slices.Sorted(func(yield func(string) bool) {
		for p := range want {
			if !yield(p) {
				return
			}
		}
		for p := range got {
			if _, ok := want[p]; !ok && !yield(p) {
				return
			}
		}
	}) {
		if want[path] != got[path] {
			fmt.Fprintf(&b, "%q\n\twant %s\n\tgot  %s\n", path, want[path], got[path])
		}
	}
	return b.String()
}

// same fails the test if two trees differ.
func same(t tester, what, want, got string, raw bool) {
	t.Helper()
	if d := differences(list(t, want, raw), list(t, got, raw)); d != "" {
		t.Fatalf("%s differs:\n%s", what, d)
	}
}
