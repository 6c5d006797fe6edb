package delta_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archive/tar"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
)

// names returns the names in a tar, with what they are: whiteouts with a "-" in
// front, links with their target.
func names(t testing.TB, b []byte) string {
	t.Helper()
	var all []string
	r := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := r.Next()
		if err != nil {
			return strings.Join(all, " ")
		}
		switch {
		case h.Typeflag == tar.TypeChar && h.Devmajor == 0 && h.Devminor == 0:
			h.Name = "-" + h.Name
		case h.Typeflag == tar.TypeLink:
			h.Name += "=" + h.Linkname
		}
		if h.PAXRecords["SCHILY.xattr.trusted.overlay.opaque"] == "y" {
			h.Name += "!"
		}
		all = append(all, h.Name)
	}
}

// After a push, exactly the difference is packed.
func TestDifference(t *testing.T) {
	root := tmpfs(t, "size=256m")
	for _, test := range []struct {
		name   string
		change func(p func(string) string)
		want   string
	}{
		{"nothing", func(p func(string) string) {}, ""},
		{"a file deleted", func(p func(string) string) { os.Remove(p("d/f")) }, "d/ -d/f"},
		{"a directory deleted", func(p func(string) string) { os.RemoveAll(p("d/sub")) }, "d/ -d/sub"},
		{"a directory replaced by a file", func(p func(string) string) {
			os.RemoveAll(p("d/sub"))
			os.WriteFile(p("d/sub"), nil, 0o644)
		}, "d/ d/sub"},
		{"a file replaced by a directory", func(p func(string) string) {
			os.Remove(p("d/f"))
			os.Mkdir(p("d/f"), 0o755)
			os.WriteFile(p("d/f/new"), nil, 0o644)
		}, "d/ d/f/ d/f/new"},
		{"a file replaced by a link", func(p func(string) string) { os.Remove(p("d/f")); os.Symlink("x", p("d/f")) }, "d/ d/f"},
		{"the last byte", func(p func(string) string) {
			h, _ := os.OpenFile(p("d/large"), os.O_WRONLY, 0)
			h.WriteAt([]byte{1}, 999999)
			h.Close()
			setTime(t, p("d/large"), 1, 0)
		}, "d/ d/large"},
		{"the same content again", func(p func(string) string) {
			b, _ := os.ReadFile(p("d/large"))
			os.WriteFile(p("d/large"), b, 0o644)
			setTime(t, p("d/large"), 1, 0)
		}, ""},
		{"a nanosecond", func(p func(string) string) { setTime(t, p("d/f"), 1, 1) }, "d/ d/f"},
		{"a mode", func(p func(string) string) { os.Chmod(p("d/sub"), 0o700) }, "d/ d/sub/"},
		{"an owner", func(p func(string) string) { os.Lchown(p("d/link"), 0, 1) }, "d/ d/link"},
		{"an attribute", func(p func(string) string) { setxattr(t, p("d/f"), "user.x", "y") }, "d/ d/f"},
		{"an attribute gone", func(p func(string) string) { unix.Removexattr(p("d"), "user.d") }, "d/"},
		{"a hard link more", func(p func(string) string) { os.Link(p("d/h1"), p("e/h3")) }, "d/ d/h1 d/h2=d/h1 e/ e/h3=d/h1"},
		{"a hard link less", func(p func(string) string) { os.Remove(p("d/h1")) }, "d/ -d/h1"},
		{"a hard link broken", func(p func(string) string) {
			b, _ := os.ReadFile(p("d/h1"))
			os.Remove(p("d/h1"))
			os.WriteFile(p("d/h1"), b, 0o644)
			setTime(t, p("d/h1"), 1, 0)
		}, "d/ d/h1 d/h2"},
		{"a hard link made of two files", func(p func(string) string) {
			os.Remove(p("e/same"))
			os.Link(p("d/same"), p("e/same"))
		}, "d/ d/same e/ e/same=d/same"},
		{"a change through a hard link", func(p func(string) string) { os.Chmod(p("d/h2"), 0o600) }, "d/ d/h1 d/h2=d/h1"},
		{"a whiteout more", func(p func(string) string) { unix.Mknod(p("e/w"), unix.S_IFCHR, 0) }, "e/ -e/w"},
		{"a whiteout gone", func(p func(string) string) { os.Remove(p("gone")) }, ""},
		{"a file in place of a whiteout", func(p func(string) string) { os.Remove(p("gone")); os.WriteFile(p("gone"), nil, 0o644) }, "gone"},
		{"an opaque directory, again", func(p func(string) string) { os.WriteFile(p("opaque/x"), nil, 0o644) }, "opaque/ opaque/x"},
		{"a directory become opaque", func(p func(string) string) { setxattr(t, p("e"), "trusted.overlay.opaque", "y") }, "e/! e/same"},
		{"something excluded", func(p func(string) string) { os.Remove(p("log/x")); os.WriteFile(p("log/y"), nil, 0o644) }, ""},
		{"a file and what lies beside", func(p func(string) string) { os.WriteFile(p("d/sub/x/y"), nil, 0o644) }, "d/ d/sub/ d/sub/x/ d/sub/x/y"},
	} {
		t.Run(test.name, func(t *testing.T) {
			upper, err := os.MkdirTemp(root, "")
			must(t, err)
			p := func(name string) string { return filepath.Join(upper, name) }
			mkdir(t, upper, "d/sub/x", "e", "opaque", "log")
			write(t, p("d/f"), "f")
			write(t, p("d/large"), string(slices.Repeat([]byte("x\x00\x00\x00"), 250000)))
			write(t, p("d/same"), "same")
			write(t, p("e/same"), "same")
			write(t, p("d/h1"), "hard")
			write(t, p("log/x"), "")
			must(t, os.Link(p("d/h1"), p("d/h2")))
			must(t, os.Symlink("x", p("d/link")))
			must(t, unix.Mknod(p("gone"), unix.S_IFCHR, 0))
			setxattr(t, p("opaque"), "trusted.overlay.opaque", "y")
			setxattr(t, p("d"), "user.d", "")
			settle := func() {
				filepath.Walk(upper, func(path string, info os.FileInfo, err error) error {
					if info.IsDir() && err == nil {
						setTime(t, path, 1, 0)
					}
					return nil
				})
			}
			for _, f := range []string{"d/f", "d/large", "d/same", "e/same", "d/h1", "d/link"} {
				setTime(t, p(f), 1, 0)
			}
			settle()
			attr, err := delta.ReadAttr(upper)
			must(t, err)
			pushed := pack(t, upper, &delta.PackOptions{Root: attr})
			base := delta.NewTree()
			must(t, base.Add(bytes.NewReader(pushed)))
			test.change(p)
			settle()
			o := &delta.PackOptions{Base: base, Root: attr, Choose: dropping(func(path string, _ bool) bool { return path == "log/x" || path == "log/y" })}
			b := pack(t, upper, o)
			if got := names(t, b); got != test.want {
				t.Errorf("packed %q, want %q", got, test.want)
			}
			must(t, base.Add(bytes.NewReader(b)))
			if again := names(t, pack(t, upper, o)); again != "" {
				t.Errorf("packed again: %q", again)
			}
		})
	}
}

// Folding: what stands on what.
func TestFold(t *testing.T) {
	root := tmpfs(t, "size=64m")
	opaque := map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
	x := map[string]string{"SCHILY.xattr.user.x": "x"}
	y := map[string]string{"SCHILY.xattr.user.y": "y"}
	full := []member{{typ: dir, name: "d", pax: x}, {typ: reg, name: "d/f", data: "old"}, {typ: link, name: "d/h", link: "d/f"}}
	for _, test := range []struct {
		name      string
		over, new []member
		want      string // names, by spaces; "!": opaque, "-": whiteout, "=": content
	}{
		{"whiteout", full, []member{{typ: char, name: "d"}}, "-d"},
		{"opaque", full, []member{{typ: dir, name: "d", pax: opaque}}, "d!"},
		{"directory", full, []member{{typ: dir, name: "d", pax: y}}, "d+y d/f=old d/h=old"},
		{"directory over an opaque one", []member{{typ: dir, name: "d", pax: opaque}}, []member{{typ: dir, name: "d"}}, "d!"},
		{"directory over a file", []member{{typ: reg, name: "d"}}, []member{{typ: dir, name: "d"}}, "d!"},
		{"directory over a link", []member{{typ: sym, name: "d", link: "x"}}, []member{{typ: dir, name: "d"}}, "d!"},
		{"directory over a whiteout", []member{{typ: char, name: "d"}}, []member{{typ: dir, name: "d"}}, "d!"},
		{"file over a directory", full, []member{{typ: reg, name: "d", data: "new"}}, "d=new"},
		{"file over a hard link", full, []member{{typ: dir, name: "d"}, {typ: reg, name: "d/h", data: "new"}}, "d d/f=old d/h=new"},
		{"file over a link", []member{{typ: sym, name: "d", link: "x"}}, []member{{typ: reg, name: "d", data: "new"}}, "d=new"},
		{"hard link over a file", full, []member{{typ: reg, name: "a", data: "new"}, {typ: dir, name: "d"}, {typ: link, name: "d/f", link: "a"}}, "a=new d d/f=new d/h=old"},
		{"whiteout over a whiteout", []member{{typ: char, name: "d"}}, []member{{typ: char, name: "d"}}, "-d"},
		{"file over a whiteout", []member{{typ: char, name: "d"}}, []member{{typ: reg, name: "d", data: "new"}}, "d=new"},
	} {
		t.Run(test.name, func(t *testing.T) {
			over, new := build(t, test.over...), build(t, test.new...)
			below := &delta.Attr{Mode: 0o755}
			upper := replay(t, root, below, over, new)
			var got []string
			for path, d := range list(t, upper, true) {
				switch {
				case path == ".":
					continue
				case d == "whiteout":
					path = "-" + path
				case strings.Contains(d, "opaque"):
					path += "!"
				case strings.HasPrefix(d, "100"):
					b, err := os.ReadFile(filepath.Join(upper, path))
					must(t, err)
					path += "=" + string(b)
				}
				if strings.Contains(d, "user.x") {
					path += "+x"
				}
				if strings.Contains(d, "user.y") {
					path += "+y"
				}
				got = append(got, path)
			}
			slices.SortFunc(got, func(a, b string) int { return strings.Compare(strings.TrimPrefix(a, "-"), strings.TrimPrefix(b, "-")) })
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("replayed %q, want %q", s, test.want)
			}
			same(t, "what is folded first", upper, replay(t, root, below, fold(t, root, over, new)), true)
			// The tree in memory is the same.
			tree := delta.NewTree()
			must(t, tree.Add(bytes.NewReader(over)))
			must(t, tree.Add(bytes.NewReader(new)))
			attr, err := delta.ReadAttr(upper)
			must(t, err)
			if s, err := delta.Pack(&bytes.Buffer{}, upper, &delta.PackOptions{Base: tree, Root: attr}); err != nil || s.Entries != 0 {
				t.Errorf("the tree differs in %d entries, %v", s.Entries, err)
			}
		})
	}
}

// A directory of one tar that is filled with whiteouts by another lists no names
// that are not there.
func TestWhiteoutsAreNotListed(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "lower")
	upper := replay(t, root, nil,
		build(t, member{typ: dir, name: "d"}, member{typ: reg, name: "d/f"}),
		build(t, member{typ: dir, name: "d"}, member{typ: char, name: "d/f"}))
	merged := overlay(t, root, upper, filepath.Join(root, "lower"))
	defer unix.Unmount(merged, unix.MNT_DETACH)
	if names, err := os.ReadDir(filepath.Join(merged, "d")); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
	must(t, os.Remove(filepath.Join(merged, "d")))
}

func TestMissing(t *testing.T) {
	if _, err := delta.Pack(&bytes.Buffer{}, "/no/such/directory", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := delta.Replay(bytes.NewReader(nil), "/no/such/directory"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	full := errors.New("full")
	if _, err := delta.Pack(broken{full}, t.TempDir(), nil); !errors.Is(err, full) {
		t.Error(err)
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// What a lower layer has and the upper directory has not was not deleted, where
// the lower layer is seen.
func TestLower(t *testing.T) {
	root := tmpfs(t, "size=64m")
	opaque := map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
	d, od := member{typ: dir, name: "d"}, member{typ: dir, name: "d", pax: opaque}
	f := member{typ: reg, name: "d/f", data: "f"}
	whiteout := member{typ: char, name: "d/f"}
	for _, test := range []struct {
		name               string
		lower, base, upper []member
		want               string
	}{
		{"the same", []member{d, f}, []member{d, f}, nil, ""},
		{"the same, in a directory copied up", []member{d, f}, []member{d, f}, []member{d}, ""},
		{"pushed, then deleted", nil, []member{d, f}, nil, "-d"},
		{"pushed into a directory from below, then deleted", []member{d}, []member{d, f}, []member{d}, "d/ -d/f"},
		{"deleted below, pushed, then deleted", []member{d, whiteout}, []member{d, f}, []member{d}, "d/ -d/f"},
		{"a file below, not seen through a whiteout", []member{d, f}, []member{d, f}, []member{d, whiteout}, "d/ -d/f"},
		{"a directory made anew", []member{d, f}, []member{d, f}, []member{od}, "d/!"},
		{"a directory made anew, pushed, then emptied", []member{d, f}, []member{od, f}, []member{od}, "d/ -d/f"},
		{"an opaque directory below", []member{od, f}, []member{od, f}, []member{d}, ""},
		{"an opaque directory below, made anew", []member{od, f}, []member{od, f}, []member{od}, "d/ -d/f"},
		{"a directory in place of a file", []member{{typ: reg, name: "d"}}, []member{od, f}, []member{od}, "d/ -d/f"},
		{"a directory in place of a link", []member{{typ: sym, name: "d", link: "."}, {typ: reg, name: "f"}}, []member{od, f}, []member{od}, "d/ -d/f"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &delta.PackOptions{Base: delta.NewTree(), Lower: replay(t, root, nil, build(t, test.lower...))}
			upper := replay(t, root, nil, build(t, test.upper...))
			var err error
			o.Root, err = delta.ReadAttr(upper)
			must(t, err)
			must(t, o.Base.Add(bytes.NewReader(build(t, test.base...))))
			if got := names(t, pack(t, upper, o)); got != test.want {
				t.Errorf("packed %q, want %q", got, test.want)
			}
		})
	}
	o := &delta.PackOptions{Base: delta.NewTree(), Lower: "/no/such/directory"}
	if _, err := delta.Pack(&bytes.Buffer{}, root, o); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
