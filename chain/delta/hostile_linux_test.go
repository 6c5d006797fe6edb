package delta_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
)

// member is one entry of a tar that Pack would not write.
type member struct {
	typ        byte
	name, link string
	data       string
	pax        map[string]string
}

// build writes a tar, by hand: Go's own writer refuses half of what is needed.
func build(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		records := ""
		for _, key := range slices.Sorted(maps.Keys(m.pax)) {
			records += record(key, m.pax[key])
		}
		name, target := m.name, m.link
		if len(name) > 100 {
			records, name = records+record("path", name), "long"
		}
		if len(target) > 100 {
			records, target = records+record("linkpath", target), "long"
		}
		if records != "" {
			block(&b, 'x', "PaxHeader", "", records)
		}
		block(&b, m.typ, name, target, m.data)
	}
	b.Write(make([]byte, 1024))
	return b.Bytes()
}

// record encodes a PAX record.
func record(key, value string) string {
	n := len(key) + len(value) + 3
	for n != len(key)+len(value)+3+len(strconv.Itoa(n)) {
		n = len(key) + len(value) + 3 + len(strconv.Itoa(n))
	}
	return fmt.Sprintf("%d %s=%s\n", n, key, value)
}

// block writes a header and its data.
func block(b *bytes.Buffer, typ byte, name, link, data string) {
	h := make([]byte, 512)
	copy(h, name)
	copy(h[100:], fmt.Sprintf("%07o\x00%07o\x00%07o\x00%011o\x00%011o\x00        %c%s", 0o755, 0, 0, len(data), 0, typ, link))
	copy(h[257:], "ustar\x0000")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	b.Write(h)
	b.WriteString(data)
	b.Write(make([]byte, -len(data)&511))
}

const (
	reg  = '0'
	dir  = '5'
	sym  = '2'
	link = '1'
	char = '3'
)

// hostileTars are refused, each in its last entry.
var hostileTars = []struct {
	name    string
	members []member
}{
	{"dot dot", []member{{typ: reg, name: "../x"}}},
	{"dot dot alone", []member{{typ: dir, name: ".."}}},
	{"dot dot after a directory", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/../../x"}}},
	{"dot dot that stays inside", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/../x"}}},
	{"dot dot at the end", []member{{typ: dir, name: "a/"}, {typ: dir, name: "a/.."}}},
	{"dot dot beside a file", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/b"}, {typ: dir, name: "a/.."}}},
	{"dot beside a file", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/b"}, {typ: reg, name: "a/."}}},
	{"no name beside a file", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/b"}, {typ: char, name: "a/"}}},
	{"long name beside a file", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/b"}, {typ: reg, name: "a/" + strings.Repeat("x", delta.MaxName+1)}}},
	{"a NUL beside a file", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/b"}, {typ: reg, name: "a", pax: map[string]string{"path": "a/b\x00c"}}}},
	{"absolute beside a file", []member{{typ: reg, name: "b"}, {typ: reg, name: "/x"}}},
	{"dot within", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a/./x"}}},
	{"dot slash twice", []member{{typ: reg, name: "././x"}}},
	{"absolute", []member{{typ: reg, name: "/x"}}},
	{"absolute after dot slash", []member{{typ: reg, name: ".//x"}}},
	{"only a slash", []member{{typ: dir, name: "/"}}},
	{"two slashes", []member{{typ: dir, name: "a/"}, {typ: reg, name: "a//x"}}},
	{"two slashes at the end", []member{{typ: dir, name: "a//"}}},
	{"no name", []member{{typ: dir, name: ""}}},
	{"file with a slash at the end", []member{{typ: char, name: "x/"}}},
	{"the root as a file", []member{{typ: reg, name: "."}}},
	{"the root as a link", []member{{typ: sym, name: "./", link: "outside"}}},
	{"the root as a hard link", []member{{typ: reg, name: "x"}, {typ: link, name: ".", link: "x"}}},
	{"through a symlink", []member{{typ: sym, name: "a", link: "@outside"}, {typ: reg, name: "a/x"}}},
	{"through a relative symlink", []member{{typ: sym, name: "a", link: "../outside"}, {typ: reg, name: "a/x"}}},
	{"directory through a symlink", []member{{typ: sym, name: "a", link: "@outside"}, {typ: dir, name: "a/d"}}},
	{"through a symlink to dot", []member{{typ: sym, name: "a", link: "."}, {typ: reg, name: "a/x"}}},
	{"through two symlinks", []member{{typ: sym, name: "a", link: ".."}, {typ: sym, name: "b", link: "a/.."}, {typ: reg, name: "b/x"}}},
	{"symlink over a directory of the tar, then through it", []member{{typ: dir, name: "a"}, {typ: sym, name: "a", link: "@outside"}}},
	{"through a symlink of an earlier tar", []member{{typ: reg, name: "oldlink/x"}}},
	{"through a file", []member{{typ: reg, name: "a"}, {typ: reg, name: "a/x"}}},
	{"through a whiteout", []member{{typ: char, name: "a"}, {typ: reg, name: "a/x"}}},
	{"through a hard link", []member{{typ: reg, name: "b"}, {typ: link, name: "a", link: "b"}, {typ: reg, name: "a/x"}}},
	{"directory missing", []member{{typ: reg, name: "a/x"}}},
	{"directory only in an earlier tar", []member{{typ: reg, name: "olddir/x"}}},
	{"directory later", []member{{typ: reg, name: "a/x"}, {typ: dir, name: "a/"}}},
	{"hard link to dot dot", []member{{typ: link, name: "a", link: "../outside/secret"}}},
	{"hard link to an absolute path", []member{{typ: link, name: "a", link: "/etc/passwd"}}},
	{"hard link through a symlink", []member{{typ: sym, name: "s", link: "@outside"}, {typ: link, name: "a", link: "s/secret"}}},
	{"hard link through an earlier symlink", []member{{typ: link, name: "a", link: "oldlink/secret"}}},
	{"hard link to nothing", []member{{typ: link, name: "a", link: "b"}}},
	{"hard link to an earlier tar", []member{{typ: link, name: "a", link: "oldfile"}}},
	{"hard link to what comes later", []member{{typ: link, name: "a", link: "b"}, {typ: reg, name: "b"}}},
	{"hard link to a directory", []member{{typ: dir, name: "d"}, {typ: link, name: "a", link: "d"}}},
	{"hard link to the root", []member{{typ: link, name: "a", link: "./"}}},
	{"hard link to a whiteout", []member{{typ: char, name: "w"}, {typ: link, name: "a", link: "w"}}},
	{"hard link to itself", []member{{typ: link, name: "a", link: "a"}}},
	{"hard link to the empty name", []member{{typ: link, name: "a", link: ""}}},
	{"symlink to nowhere at all", []member{{typ: sym, name: "a", link: ""}}},
	{"symlink with a long target", []member{{typ: sym, name: "a", link: strings.Repeat("x", delta.MaxLink+1)}}},
	{"long name", []member{{typ: reg, name: strings.Repeat("x", delta.MaxName+1)}}},
	{"long path", []member{{typ: reg, name: strings.Repeat("a/", delta.MaxPath/2) + "a"}}},
	{"a file twice", []member{{typ: reg, name: "a"}, {typ: reg, name: "a"}}},
	{"a directory twice", []member{{typ: dir, name: "a"}, {typ: dir, name: "a/"}}},
	{"the root twice", []member{{typ: dir, name: "./"}, {typ: dir, name: "."}}},
	{"twice under two names", []member{{typ: reg, name: "a"}, {typ: reg, name: "./a"}}},
	{"whiteout, then a file", []member{{typ: char, name: "a"}, {typ: reg, name: "a"}}},
	{"a large xattr", []member{{typ: reg, name: "a", pax: map[string]string{"SCHILY.xattr.user.x": strings.Repeat("x", delta.MaxXattr+1)}}}},
	{"a long xattr name", []member{{typ: reg, name: "a", pax: map[string]string{"SCHILY.xattr.user." + strings.Repeat("x", 255): ""}}}},
	{"sparse beyond its size", []member{{typ: reg, name: "a", data: "x", pax: map[string]string{"GNU.sparse.map": "5,1", "GNU.sparse.size": "5"}}}},
	{"sparse with overlaps", []member{{typ: reg, name: "a", data: "xxxx", pax: map[string]string{"GNU.sparse.map": "0,2,1,2", "GNU.sparse.size": "5"}}}},
	{"sparse with less than it has", []member{{typ: reg, name: "a", data: "xxxx", pax: map[string]string{"GNU.sparse.map": "0,2", "GNU.sparse.size": "5"}}}},
	{"sparse with an endless map", []member{{typ: reg, name: "a", data: "99999999999\n", pax: map[string]string{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5"}}}},
	{"a directory with data", []member{{typ: dir, name: "a", data: "x"}}},
	{"an owner that means none", []member{{typ: reg, name: "a", pax: map[string]string{"uid": "4294967295"}}}},
	{"a size that overflows", []member{{typ: reg, name: "a", pax: map[string]string{"size": "9223372036854775807"}}}},
	{"a size with many digits", []member{{typ: reg, name: "a", pax: map[string]string{"size": "99999999999999999999999999"}}}},
	{"an absolute PAX path", []member{{typ: reg, name: "a", pax: map[string]string{"path": "/x"}}}},
	{"a PAX path with dot dot", []member{{typ: reg, name: "a", pax: map[string]string{"path": "../x"}}}},
	{"a PAX path with a NUL", []member{{typ: reg, name: "a", pax: map[string]string{"path": "a\x00b"}}}},
	{"a target with a NUL", []member{{typ: sym, name: "a", pax: map[string]string{"linkpath": "a\x00b"}}}},
	{"a sparse name with dot dot", []member{{typ: reg, name: "a", data: "1\n5\n0\n" + strings.Repeat("\x00", 506), pax: map[string]string{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5", "GNU.sparse.name": "../x"}}}},
	{"an xattr twice", []member{{typ: reg, name: "a", pax: map[string]string{"SCHILY.xattr.security.selinux": "x", "RHT.security.selinux": "y"}}}},
	{"records beyond the limit", []member{{typ: 'x', name: "a", data: strings.Repeat("x", delta.MaxPAX+1)}, {typ: reg, name: "a"}}},
	{"a GNU name beyond the limit", []member{{typ: 'L', name: "a", data: strings.Repeat("x", delta.MaxPath+2)}, {typ: reg, name: "a"}}},
	{"sparse that overflows", []member{{typ: reg, name: "a", data: "x", pax: map[string]string{"GNU.sparse.map": "9223372036854775807,1", "GNU.sparse.size": "5"}}}},
}

func TestHostile(t *testing.T) {
	root := tmpfs(t, "size=64m")
	outside := filepath.Join(root, "outside")
	for _, test := range hostileTars {
		t.Run(test.name, func(t *testing.T) {
			upper := filepath.Join(root, "upper")
			must(t, os.RemoveAll(upper))
			must(t, os.RemoveAll(outside))
			mkdir(t, root, "outside", "upper/olddir")
			write(t, filepath.Join(outside, "secret"), "secret")
			write(t, filepath.Join(upper, "oldfile"), "old")
			must(t, os.Symlink(outside, filepath.Join(upper, "oldlink")))
			before := list(t, outside, true)
			for i := range test.members {
				test.members[i].link = strings.Replace(test.members[i].link, "@outside", outside, 1)
			}
			b := build(t, test.members...)
			_, err := delta.Replay(bytes.NewReader(b), upper)
			if !errors.Is(err, delta.ErrHostile) {
				t.Errorf("Replay: %v", err)
			} else if len(err.Error()) > 600 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if err := delta.NewTree().Add(bytes.NewReader(b)); !errors.Is(err, delta.ErrHostile) {
				t.Errorf("Tree.Add: %v", err)
			}
			if d := differences(before, list(t, outside, true)); d != "" {
				t.Errorf("something changed outside:\n%s", d)
			}
			names, err := os.ReadDir(root)
			must(t, err)
			if len(names) != 2 {
				t.Errorf("something new outside: %v", names)
			}
		})
	}
}

// formatTars are no tars for us; ErrFormat says so.
var formatTars = []struct {
	name    string
	members []member
}{
	{"old GNU sparse", []member{{typ: 'S', name: "a"}}},
	{"multi volume", []member{{typ: 'M', name: "a"}}},
	{"unknown PAX key", []member{{typ: reg, name: "a", pax: map[string]string{"VENDOR.x": "y"}}}},
	{"ACL as text", []member{{typ: reg, name: "a", pax: map[string]string{"SCHILY.acl.access": "user::rw-"}}}},
	{"two extended headers", []member{{typ: 'x', name: "a", data: record("path", "x")}, {typ: 'x', name: "a", data: record("path", "x")}, {typ: reg, name: "a"}}},
	{"an extended header at the end", []member{{typ: 'x', name: "a", data: record("path", "x")}}},
	{"a global header that sets a path", []member{{typ: 'g', name: "a", data: record("path", "x")}, {typ: reg, name: "a"}}},
	{"a record without a key", []member{{typ: 'x', name: "a", data: "5 =x\n"}, {typ: reg, name: "a"}}},
	{"a record that is too long", []member{{typ: 'x', name: "a", data: "99 a=x\n"}, {typ: reg, name: "a"}}},
	{"a record of length 0", []member{{typ: 'x', name: "a", data: "0 a=x\n"}, {typ: reg, name: "a"}}},
	{"a record without a newline", []member{{typ: 'x', name: "a", data: "6 a=xy"}, {typ: reg, name: "a"}}},
	{"a time that is none", []member{{typ: reg, name: "a", pax: map[string]string{"mtime": "1.x"}}}},
	{"sparse 2.0", []member{{typ: reg, name: "a", pax: map[string]string{"GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5"}}}},
	{"sparse without a size", []member{{typ: reg, name: "a", pax: map[string]string{"GNU.sparse.map": "0,0"}}}},
}

func TestFormat(t *testing.T) {
	root := tmpfs(t, "size=64m")
	for _, test := range formatTars {
		t.Run(test.name, func(t *testing.T) {
			upper := t.TempDir()
			_, err := delta.Replay(bytes.NewReader(build(t, test.members...)), upper)
			if !errors.Is(err, delta.ErrFormat) || test.name == "old GNU sparse" && !strings.Contains(err.Error(), "--format=posix") {
				t.Error(err)
			}
		})
	}
	good := build(t, member{typ: reg, name: "a"})
	for name, b := range map[string][]byte{
		"a wrong checksum":     append([]byte("b"), good[1:]...),
		"data after the end":   append(slices.Clone(good), "x"...),
		"a lone block of zero": append(slices.Clone(good[:1024]), good...),
		"nothing":              nil,
		"text":                 bytes.Repeat([]byte("text"), 1000),
	} {
		if _, err := delta.Replay(bytes.NewReader(b), root); !errors.Is(err, delta.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What looks hostile and is not.
func TestLegal(t *testing.T) {
	root := tmpfs(t, "size=64m")
	for _, test := range []struct {
		name    string
		members []member
	}{
		{"dots in names", []member{{typ: dir, name: "..."}, {typ: reg, name: ".../..a"}, {typ: reg, name: "a.."}}},
		{"dot slash", []member{{typ: dir, name: "./"}, {typ: dir, name: "./a/"}, {typ: reg, name: "./a/b"}, {typ: link, name: "./c", link: "./a/b"}}},
		{"a symlink anywhere", []member{{typ: sym, name: "a", link: "../../../etc/passwd"}, {typ: sym, name: "b", link: "/"}}},
		{"a device where a directory was", []member{{typ: char, name: "olddir"}}},
		{"a hard link to a symlink", []member{{typ: sym, name: "a", link: "/etc"}, {typ: link, name: "b", link: "a"}}},
		{"not sorted", []member{{typ: dir, name: "a"}, {typ: dir, name: "b"}, {typ: reg, name: "a/x"}, {typ: reg, name: "b/x"}, {typ: reg, name: "a/y"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			upper := filepath.Join(root, "upper")
			must(t, os.RemoveAll(upper))
			mkdir(t, upper, "olddir/sub/sub")
			b := build(t, test.members...)
			if _, err := delta.Replay(bytes.NewReader(b), upper); err != nil {
				t.Error(err)
			}
			must(t, delta.NewTree().Add(bytes.NewReader(b)))
		})
	}
}

// A tar that is cut anywhere is refused, and the error says so.
func TestCut(t *testing.T) {
	root := tmpfs(t, "size=64m")
	b := build(t, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/b", data: strings.Repeat("x", 600),
		pax: map[string]string{"SCHILY.xattr.user.x": "y"}}, member{typ: reg, name: "c"})
	for n := range len(b) {
		upper, err := os.MkdirTemp(root, "")
		must(t, err)
		if _, err := delta.Replay(bytes.NewReader(b[:n]), upper); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, delta.ErrFormat) {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(b), err)
		}
		must(t, os.RemoveAll(upper))
	}
}

func TestNoSpace(t *testing.T) {
	root := tmpfs(t, "size=64k")
	b := build(t, member{typ: dir, name: "etc/"}, member{typ: dir, name: "etc/config/"},
		member{typ: reg, name: "etc/config/network", data: strings.Repeat("x", 1<<20)})
	_, err := delta.Replay(bytes.NewReader(b), root)
	if want := "cannot write etc/config/network: no space left on device"; !errors.Is(err, unix.ENOSPC) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The error of a failing source is passed on.
func TestReadError(t *testing.T) {
	root := tmpfs(t, "size=1m")
	b := build(t, member{typ: reg, name: "a", data: strings.Repeat("x", 1000)})
	broken := errors.New("broken")
	_, err := delta.Replay(io.MultiReader(bytes.NewReader(b[:700]), &failing{broken}), root)
	if !errors.Is(err, broken) || errors.Is(err, delta.ErrFormat) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// A stream that never ends is given up.
func TestEndless(t *testing.T) {
	root := tmpfs(t, "size=1m")
	if _, err := delta.Replay(endless{}, root); !errors.Is(err, delta.ErrHostile) {
		t.Error(err)
	}
	if _, err := delta.Replay(stuck{}, root); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { clear(b); return len(b), nil }

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }
