package delta_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"chainroot/chain/delta"
)

// A Replayer does with many tars what Replay does with each: whatever one has left of
// the upper directory and of what was known of it, the next starts from there.
func TestReplayer(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "old/dir/sub", "new")
	old, upper := filepath.Join(root, "old"), filepath.Join(root, "new")
	everything(t, upper)
	setxattr(t, old, "system.posix_acl_default", getxattr(filepath.Join(upper, "dir"), "system.posix_acl_default"))
	must(t, os.Chown(filepath.Join(old, "dir"), 7, 7))
	tars := [][]byte{
		pack(t, old, nil),
		// The same path, under other owners and modes: nothing of that may be taken over.
		build(t, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/x", data: "1"}),
		build(t, member{typ: dir, name: "a/", pax: map[string]string{"uid": "7", "gid": "8"}}, member{typ: reg, name: "a/x", data: "2"}, member{typ: reg, name: "a/y", data: "2"}),
		pack(t, upper, nil),
		pack(t, old, nil),
		build(t, member{typ: char, name: "a"}),
		build(t, member{typ: dir, name: "./"}, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/z", data: "3"}),
		build(t, member{typ: dir, name: "./"}, member{typ: dir, name: "a/", pax: map[string]string{"mtime": "7"}}),
		build(t, member{typ: dir, name: "./", pax: map[string]string{"mtime": "8"}}, member{typ: dir, name: "a/", pax: map[string]string{"mtime": "7"}}),
		// A time alone, of a directory that the one before did not end in.
		build(t, member{typ: dir, name: "a/"}, member{typ: dir, name: "b/"}),
		build(t, member{typ: dir, name: "a/", pax: map[string]string{"mtime": "9"}}, member{typ: dir, name: "b/"}),
		deep(t, "1"),
		deep(t, "2"),
	}
	one, many := filepath.Join(root, "one"), filepath.Join(root, "many")
	mkdir(t, root, "one", "many")
	for _, dir := range []string{one, many} {
		setTime(t, dir, 5, 6)
	}
	p, err := delta.NewReplayer(many)
	must(t, err)
	defer p.Close()
	for i, b := range tars {
		want, err := delta.Replay(bytes.NewReader(b), one)
		must(t, err)
		got, err := p.Replay(bytes.NewReader(b))
		must(t, err)
		if got != want {
			t.Errorf("tar %d: %+v, want %+v", i, got, want)
		}
		same(t, "what was replayed", one, many, true)
	}
	if _, err := delta.NewReplayer(filepath.Join(root, "nothing")); !os.IsNotExist(err) && err == nil {
		t.Error("an upper directory that is not there is no error")
	}
}

// deep is a tar that ends so deep down that the directories above are not open any more.
func deep(t testing.TB, data string) []byte {
	var members []member
	for depth := 1; depth <= 135; depth++ {
		members = append(members, member{typ: dir, name: strings.Repeat("d/", depth)})
	}
	return build(t, append(members, member{typ: reg, name: strings.Repeat("d/", 135) + "f", data: data})...)
}

// To a directory that is as an earlier tar has left it nothing is done: its inode does
// not change.
func TestReplayerLeavesAlone(t *testing.T) {
	upper := tmpfs(t, "size=64m")
	p, err := delta.NewReplayer(upper)
	must(t, err)
	defer p.Close()
	changed := func(name string) unix.StatxTimestamp {
		var st unix.Statx_t
		must(t, unix.Statx(unix.AT_FDCWD, filepath.Join(upper, name), 0, unix.STATX_CTIME, &st))
		return st.Ctime
	}
	names := []string{".", "a", "a/b", "c", "c/d"}
	for i, test := range []struct {
		members []member
		changes string // which of them may change
	}{
		{[]member{{typ: dir, name: "./"}, {typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: dir, name: "c/"}, {typ: dir, name: "c/d/"}}, ". a a/b c c/d"},
		{[]member{{typ: dir, name: "./"}, {typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: dir, name: "c/"}, {typ: dir, name: "c/d/"}}, ""},
		{[]member{{typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: reg, name: "a/b/x"}, {typ: dir, name: "c/"}, {typ: dir, name: "c/d/"}}, "a/b"},
		{[]member{{typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: dir, name: "a/b/x/"}, {typ: reg, name: "a/b/x/y"}, {typ: dir, name: "c/"}, {typ: reg, name: "c/z"}}, "a/b c"},
		// From here on a directory is gone: all others are looked at once more.
		{[]member{{typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: reg, name: "a/b/x"}}, "a/b"},
		{[]member{{typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: dir, name: "c/"}, {typ: dir, name: "c/d/"}}, ". a a/b c c/d"},
		{[]member{{typ: dir, name: "a/"}, {typ: dir, name: "a/b/"}, {typ: dir, name: "c/"}, {typ: dir, name: "c/d/"}, {typ: reg, name: "c/d/x"}}, "c/d"},
	} {
		before := map[string]unix.StatxTimestamp{}
		if i > 0 {
			for _, name := range names {
				before[name] = changed(name)
			}
		}
		time.Sleep(20 * time.Millisecond) // the kernel's clock for inodes is coarse
		_, err := p.Replay(bytes.NewReader(build(t, test.members...)))
		must(t, err)
		for _, name := range names {
			if slices.Contains(strings.Fields(test.changes), name) {
				continue
			}
			if now := changed(name); now != before[name] {
				t.Errorf("tar %d changed %s", i, name)
			}
		}
	}
}

// randomTar draws a tar of a few paths: so directories come again, with the same
// attributes or others, or something else stands in their place.
type randomTar struct {
	*rapid.T
	w     *tar.Writer
	acl   string
	files []string
}

func newRandomTar(rt *rapid.T, acl string) []byte {
	var b bytes.Buffer
	t := &randomTar{T: rt, w: tar.NewWriter(&b), acl: acl}
	if t.oneIn(3) {
		t.add(tar.TypeDir, ".", false)
	}
	t.directory("", 3)
	must(rt, t.w.Close())
	return b.Bytes()
}

func (t *randomTar) oneIn(n int) bool { return rapid.IntRange(1, n).Draw(t.T, "one in") == 1 }

// directory draws what is in one.
func (t *randomTar) directory(path string, depth int) {
	for _, name := range []string{"a", "b", "c"} {
		name = path + name
		switch n := rapid.IntRange(0, 15).Draw(t.T, name); {
		case n < 5:
		case n < 11 && depth > 1:
			t.add(tar.TypeDir, name, t.oneIn(8))
			t.directory(name+"/", depth-1)
		case n < 12:
			t.add(tar.TypeReg, name, false)
			t.files = append(t.files, name)
		case n < 13:
			t.add(tar.TypeSymlink, name, false)
		case n < 14 && len(t.files) > 0:
			t.add(tar.TypeLink, name, false)
		default:
			t.add(tar.TypeChar, name, false) // a whiteout
		}
	}
}

func (t *randomTar) add(typ byte, name string, opaque bool) {
	h := &tar.Header{Typeflag: typ, Name: name, Mode: 0o755, ModTime: time.Unix(1000, 0), Format: tar.FormatPAX, PAXRecords: map[string]string{}}
	switch typ {
	case tar.TypeDir:
		h.Name += "/"
		if opaque {
			h.PAXRecords["SCHILY.xattr.trusted.overlay.opaque"] = "y"
		}
		if t.oneIn(8) {
			h.PAXRecords["SCHILY.xattr.system.posix_acl_default"] = t.acl
		}
	case tar.TypeSymlink:
		h.Linkname = "to"
	case tar.TypeLink:
		h.Linkname = rapid.SampledFrom(t.files).Draw(t.T, "target")
	}
	if typ != tar.TypeLink && typ != tar.TypeChar {
		if t.oneIn(8) {
			h.Mode = 0o2711
		}
		if t.oneIn(8) {
			h.Uid = 7
		}
		if t.oneIn(8) {
			h.Gid = 8
		}
		if t.oneIn(4) {
			h.ModTime = time.Unix(2000, 0)
		}
		if t.oneIn(8) && typ != tar.TypeSymlink {
			h.PAXRecords["SCHILY.xattr.trusted.x"] = "y"
		}
	}
	must(t, t.w.WriteHeader(h))
}

// listMarks lists which directories the kernel looks for whiteouts in.
func listMarks(t tester, root string) (marks string) {
	must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			n, err := unix.Lgetxattr(path, "trusted.overlay.origin", nil)
			marks += fmt.Sprintln(path[len(root):], n, err)
		}
		return err
	}))
	if _, err := unix.Lgetxattr(root, "trusted.overlay.origin", nil); err != unix.ENODATA {
		t.Fatalf("the mark of the root: %v", err)
	}
	return marks
}

// What a Replayer knows of directories is still so: after each of several tars all is
// as if none of them had known of those before.
func TestReplayerAtRandom(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "everything")
	everything(t, filepath.Join(root, "everything"))
	acl := getxattr(filepath.Join(root, "everything/dir"), "system.posix_acl_default")
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(root, "random")
		must(rt, err)
		defer os.RemoveAll(dir)
		one, many := filepath.Join(dir, "one"), filepath.Join(dir, "many")
		mkdir(rt, dir, "one", "many")
		withACL := rapid.IntRange(1, 4).Draw(rt, "an ACL of the root") == 1
		for _, upper := range []string{one, many} {
			must(rt, os.Chtimes(upper, time.Unix(5, 6), time.Unix(5, 6)))
			if withACL {
				setxattr(rt, upper, "system.posix_acl_default", acl)
			}
		}
		p, err := delta.NewReplayer(many)
		must(rt, err)
		defer p.Close()
		for range rapid.IntRange(2, 5).Draw(rt, "tars") {
			b := newRandomTar(rt, acl)
			_, err := delta.Replay(bytes.NewReader(b), one)
			must(rt, err)
			_, err = p.Replay(bytes.NewReader(b))
			must(rt, err)
			same(rt, "what was replayed", one, many, true)
			if want, got := listMarks(rt, one), listMarks(rt, many); want != got {
				rt.Fatalf("marks differ: want\n%s\ngot\n%s", want, got)
			}
		}
	})
}

// What a tar puts into an upper directory with a default ACL does not inherit it, and
// the directory has it afterwards.
func TestDefaultACLOfTheRoot(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "source", "plain", "acl")
	everything(t, filepath.Join(root, "source"))
	acl := getxattr(filepath.Join(root, "source/dir"), "system.posix_acl_default")
	plain, with := filepath.Join(root, "plain"), filepath.Join(root, "acl")
	setxattr(t, with, "system.posix_acl_default", acl)
	b := build(t, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/x", data: "1"}, member{typ: reg, name: "b", data: "2"})
	for _, dir := range []string{plain, with} {
		p, err := delta.NewReplayer(dir)
		must(t, err)
		defer p.Close()
		for range 2 {
			_, err = p.Replay(bytes.NewReader(b))
			must(t, err)
		}
	}
	if got := getxattr(with, "system.posix_acl_default"); got != acl || acl == "" {
		t.Errorf("the default ACL is %q afterwards, was %q", got, acl)
	}
	want, got := list(t, plain, true), list(t, with, true)
	delete(want, ".")
	delete(got, ".")
	if d := differences(want, got); d != "" {
		t.Error(d)
	}
}
