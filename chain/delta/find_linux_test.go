package delta_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/chain/delta"
)

func TestFind(t *testing.T) {
	opaque := map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
	first := build(t, member{typ: dir, name: "d"}, member{typ: reg, name: "d/f", data: "first"}, member{typ: reg, name: "d/old", data: "old"},
		member{typ: sym, name: "l", link: "d"}, member{typ: dir, name: "e"}, member{typ: reg, name: "e/x", data: "x"}, member{typ: char, name: "w"})
	second := build(t, member{typ: dir, name: "d"}, member{typ: reg, name: "d/f", data: "second"}, member{typ: link, name: "d/hard", link: "d/f"},
		member{typ: link, name: "d/harder", link: "d/hard"}, member{typ: dir, name: "e", pax: opaque}, member{typ: dir, name: "e/sub"})
	tars := [][]byte{first, second}
	all := tree(t, tars...)
	for _, test := range []struct {
		path    string
		where   delta.Where
		mode    fs.FileMode
		content string // of a file; of a link, its target
	}{
		{"d", delta.Here, fs.ModeDir | 0o755, ""},
		{"d/f", delta.Here, 0o755, "second"},
		{"d/old", delta.Here, 0o755, "old"},
		{"d/hard", delta.Here, 0o755, "second"},
		{"d/harder", delta.Here, 0o755, "second"},
		{"d/other", delta.Below, 0, ""},
		{"d/f/x", delta.Gone, 0, ""},
		{"l", delta.Here, fs.ModeSymlink | 0o755, "d"},
		{"l/f", delta.Gone, 0, ""},
		{"e/x", delta.Gone, 0, ""},
		{"e/sub", delta.Here, fs.ModeDir | 0o755, ""},
		{"e/sub/x", delta.Gone, 0, ""},
		{"w", delta.Gone, 0, ""},
		{"w/x", delta.Gone, 0, ""},
		{"none/x", delta.Below, 0, ""},
		{"", delta.Below, fs.ModeDir, ""},
	} {
		f, where := all.Find(test.path)
		if where != test.where || f.Mode != test.mode {
			t.Errorf("%q: %+v, %d", test.path, f, where)
		}
		got := f.Link
		if where == delta.Here && f.Mode.IsRegular() {
			var b bytes.Buffer
			must(t, delta.CopyFile(&b, bytes.NewReader(tars[f.Tar]), f.Name))
			if got = b.String(); f.Size != int64(len(got)) {
				t.Errorf("%q: %d bytes, %q", test.path, f.Size, got)
			}
		}
		if got != test.content {
			t.Errorf("%q holds %q, want %q", test.path, got, test.content)
		}
	}
}

// The content of every file of a directory comes out of its tar as it went in.
func TestCopyFile(t *testing.T) {
	root := tmpfs(t, "size=256m")
	upper := filepath.Join(root, "upper")
	mkdir(t, upper, "d")
	write(t, filepath.Join(upper, "d/empty"), "")
	write(t, filepath.Join(upper, "d/small"), "small")
	write(t, filepath.Join(upper, "d/large"), strings.Repeat("0123456789abcdef", 50000))
	sparse(t, filepath.Join(upper, "d/sparse"), 1<<20+17, 5, 300000, 1<<20+3)
	sparse(t, filepath.Join(upper, "d/hole"), 1<<20+1)
	must(t, os.Link(filepath.Join(upper, "d/sparse"), filepath.Join(upper, "hard")))
	b := pack(t, upper, nil)
	all := tree(t, b)
	for _, name := range []string{"d/empty", "d/small", "d/large", "d/sparse", "d/hole", "hard"} {
		want, err := os.ReadFile(filepath.Join(upper, name))
		must(t, err)
		f, _ := all.Find(name)
		var got bytes.Buffer
		must(t, delta.CopyFile(&got, bytes.NewReader(b), f.Name))
		if !bytes.Equal(want, got.Bytes()) {
			t.Errorf("%s: %d bytes, want %d", name, got.Len(), len(want))
		}
		full := errors.New("full")
		if err := delta.CopyFile(broken{full}, bytes.NewReader(b), f.Name); len(want) > 0 && !errors.Is(err, full) {
			t.Errorf("%s, to nowhere: %v", name, err)
		}
	}
	if err := delta.CopyFile(io.Discard, bytes.NewReader(b), "d/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := delta.CopyFile(io.Discard, bytes.NewReader(b[:2000]), "hard"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// Nothing is looked up through a link, and a link that appears is not followed.
func TestRootLookup(t *testing.T) {
	top := tmpfs(t, "size=64m")
	dir := filepath.Join(top, "root")
	mkdir(t, dir, "d")
	write(t, filepath.Join(dir, "d/f"), "content")
	write(t, filepath.Join(top, "secret"), "secret")
	must(t, os.Symlink("../secret", filepath.Join(dir, "link")))
	must(t, os.Symlink("d", filepath.Join(dir, "dir")))
	must(t, os.Symlink("..", filepath.Join(dir, "up")))
	must(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	setxattr(t, filepath.Join(dir, "d/f"), "user.x", "y")
	r, err := delta.OpenRoot(dir)
	must(t, err)
	defer r.Close()
	for _, test := range []struct {
		path  string
		is    string // type; "-": nothing is there
		opens string // its content; "-": it does not open
	}{
		{"", "d---------", ""},
		{"d", "d---------", ""},
		{"d/f", "----------", "content"},
		{"link", "L---------", "-"},
		{"dir", "L---------", "-"},
		{"dir/f", "-", "-"},
		{"up/secret", "-", "-"},
		{"d/none", "-", "-"},
		{"d/f/x", "-", "-"},
		{"pipe", "p---------", ""},
	} {
		l, err := r.Stat(test.path)
		must(t, err)
		is := "-"
		if l != nil {
			is = l.Type.String()
		}
		if is != test.is {
			t.Errorf("%q is %q, want %q", test.path, is, test.is)
		}
		if test.opens == "" {
			continue
		}
		got := "-"
		if f, err := r.Open(test.path); err == nil {
			b, err := io.ReadAll(f)
			must(t, err)
			must(t, f.Close())
			got = string(b)
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", test.path, err)
		}
		if got != test.opens {
			t.Errorf("%q holds %q, want %q", test.path, got, test.opens)
		}
	}
	for range 2 { // again from the start
		if list, err := r.List(""); err != nil || strings.Join(list, " ") != "d dir link pipe up" {
			t.Errorf("%q, %v", list, err)
		}
	}
	if list, err := r.List("dir"); err == nil {
		t.Errorf("a link is listed: %q", list)
	}
	if l, _ := r.Stat("d/f"); l.Size != 7 || len(l.Xattrs) != 1 {
		t.Errorf("%+v", l)
	}
	if l, _ := r.Stat("link"); l.Link != "../secret" {
		t.Errorf("%+v", l)
	}
}
