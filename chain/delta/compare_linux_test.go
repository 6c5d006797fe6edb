package delta_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"pgregory.net/rapid"
)

// tree replays tars in memory.
func tree(t tester, tars ...[]byte) *delta.Tree {
	t.Helper()
	all := delta.NewTree()
	for _, b := range tars {
		must(t, all.Add(bytes.NewReader(b)))
	}
	return all
}

// text returns changes, by spaces, with the size of what is not empty.
func text(changes []delta.Change) string {
	var all []string
	for _, c := range changes {
		s := string(c.Kind) + c.Path
		if c.Dir {
			s += "/"
		}
		if c.Size > 0 {
			s += fmt.Sprint("=", c.Size)
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func TestCompare(t *testing.T) {
	root := tmpfs(t, "size=64m")
	opaque := map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
	other, late := map[string]string{"uid": "7"}, map[string]string{"mtime": "5.5"}
	d, od := member{typ: dir, name: "d"}, member{typ: dir, name: "d", pax: opaque}
	file := func(name, data string) member { return member{typ: reg, name: name, data: data} }
	firmware := []member{d, file("d/fw", "12345"), {typ: dir, name: "d/sub"}, file("d/sub/x", "1"), {typ: sym, name: "link", link: "d"}, file("plain", "123")}
	for _, test := range []struct {
		name     string
		from, to []member // one tar each
		known    string   // with the firmware
		unknown  string   // without
	}{
		{"nothing", nil, nil, "", ""},
		{"a new file", nil, []member{d, file("d/new", "12")}, "Ad/new=2", "Ad/new=2"},
		{"a file of the firmware", nil, []member{d, file("d/fw", "1")}, "Md/fw=1", "Ad/fw=1"},
		{"a new directory", nil, []member{{typ: dir, name: "n"}, file("n/x", "1")}, "An/ An/x=1", "An/x=1"},
		{"a new directory with nothing in it", nil, []member{{typ: dir, name: "n"}}, "An/", "An/"},
		{"a directory of the firmware, as it was", nil, []member{d}, "", "Ad/"},
		{"its time", nil, []member{{typ: dir, name: "d", pax: late}}, "", "Ad/"},
		{"its owner", nil, []member{{typ: dir, name: "d", pax: other}, file("d/new", "")}, "Md/ Ad/new", "Ad/new"},
		{"a file deleted from the firmware", nil, []member{d, {typ: char, name: "d/fw"}}, "Dd/fw=5", "Dd/fw"},
		{"a directory deleted from the firmware", nil, []member{{typ: char, name: "d"}}, "Dd/ Dd/fw=5 Dd/sub/ Dd/sub/x=1", "Dd"},
		{"a whiteout over nothing", nil, []member{{typ: char, name: "none"}}, "", "Dnone"},
		{"a directory made anew", nil, []member{od, file("d/new", "1")}, "Dd/fw=5 Ad/new=1 Dd/sub/ Dd/sub/x=1", "Ad/new=1"},
		{"a file in place of a directory", nil, []member{file("d", "1")}, "Md=1 Dd/fw=5 Dd/sub/ Dd/sub/x=1", "Ad=1"},
		{"a directory in place of a link", nil, []member{{typ: dir, name: "link"}, file("link/x", "1")}, "Mlink/ Alink/x=1", "Alink/x=1"},
		{"the firmware's file is back", []member{{typ: char, name: "plain"}}, []member{file("plain", "1")}, "Aplain=1", "Aplain=1"},
		{"content", []member{file("f", "1")}, []member{file("f", "2")}, "Mf=1", "Mf=1"},
		{"the same content", []member{file("f", "1")}, []member{file("f", "1")}, "", ""},
		{"the time of a file", []member{file("f", "1")}, []member{{typ: reg, name: "f", data: "1", pax: late}}, "Mf=1", "Mf=1"},
		{"the owner of a file", []member{file("f", "1")}, []member{{typ: reg, name: "f", data: "1", pax: other}}, "Mf=1", "Mf=1"},
		{"an attribute of a file", []member{file("f", "1")}, []member{{typ: reg, name: "f", data: "1", pax: map[string]string{"SCHILY.xattr.user.x": "y"}}}, "Mf=1", "Mf=1"},
		{"a link's target", []member{{typ: sym, name: "l", link: "a"}}, []member{{typ: sym, name: "l", link: "b"}}, "Ml", "Ml"},
		{"another kind", []member{file("f", "1")}, []member{{typ: sym, name: "f", link: "1"}}, "Mf", "Mf"},
		{"deleted", []member{{typ: dir, name: "n"}, file("n/x", "12")}, []member{{typ: char, name: "n"}}, "Dn/ Dn/x=2", "Dn/ Dn/x=2"},
		{"one of a directory deleted", []member{{typ: dir, name: "n"}, file("n/x", "12"), file("n/y", "1")}, []member{{typ: dir, name: "n"}, {typ: char, name: "n/x"}}, "Dn/x=2", "Dn/x=2"},
		{"a directory emptied", []member{{typ: dir, name: "n"}, file("n/x", "12")}, []member{{typ: dir, name: "n", pax: opaque}}, "Dn/x=2", "Dn/x=2"},
		{"a directory becomes a file", []member{{typ: dir, name: "n"}, file("n/x", "12")}, []member{file("n", "1")}, "Mn=1 Dn/x=2", "Mn=1 Dn/x=2"},
		{"the root's owner", nil, []member{{typ: dir, name: "./", pax: other}}, "M/", "M/"},
		{"in the order of the names", nil, []member{file("b", ""), {typ: dir, name: "a"}, file("a/x", ""), file("a-b", "")}, "Aa/ Aa/x Aa-b Ab", "Aa/x Aa-b Ab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			below, err := delta.OpenRoot(replay(t, root, &delta.Attr{Mode: 0o755}, build(t, firmware...)))
			must(t, err)
			defer below.Close()
			from := tree(t, build(t, test.from...))
			to := from.Clone()
			must(t, to.Add(bytes.NewReader(build(t, test.to...))))
			for want, firmware := range map[string]delta.Firmware{"known " + test.known: below, "unknown " + test.unknown: nil} {
				kind, want, _ := strings.Cut(want, " ")
				changes, err := delta.Compare(from, to, firmware)
				must(t, err)
				if got := text(changes); got != want {
					t.Errorf("%s: %q, want %q", kind, got, want)
				}
				// The other way round, what was added is deleted.
				changes, err = delta.Compare(to, from, firmware)
				must(t, err)
				back := strings.NewReplacer("A", "D", "D", "A").Replace(regexp.MustCompile("=[0-9]+|/( |$)").ReplaceAllString(want, "$1"))
				if got := regexp.MustCompile("=[0-9]+|/( |$)").ReplaceAllString(text(changes), "$1"); got != back {
					t.Errorf("%s, back: %q, want %q", kind, got, back)
				}
			}
			if changes, err := delta.Compare(from, tree(t, build(t, test.from...)), below); err != nil || len(changes) > 0 {
				t.Errorf("a clone is no other tree: %q, %v", text(changes), err)
			}
		})
	}
}

// What Compare finds is what the mounted trees differ in.
func TestCompareTrees(t *testing.T) {
	needRoot(t)
	time := regexp.MustCompile(`^(4[0-7]{4} \d+:\d+) -?\d+\.\d+`)
	rapid.Check(t, func(rt *rapid.T) {
		u := newUnit(t, rt)
		var tars [][]byte
		trees, shown := []*delta.Tree{delta.NewTree()}, []listing{list(u, u.lower, false)}
		for range rapid.IntRange(1, 3).Draw(rt, "boots") {
			live, upper, attr := u.boot(tars, nil)
			operations(rt, live)
			tars = append(tars, u.pack(upper, &delta.PackOptions{Root: attr}))
			is := list(u, live, false)
			for path := range is { // content on an overlay, which list takes for a mark
				is[path] += strings.TrimPrefix(getxattr(filepath.Join(live, path), "trusted.overlay.opaque"), "- no data available")
			}
			trees, shown = append(trees, tree(u, tars...)), append(shown, is)
		}
		below, err := delta.OpenRoot(u.lower)
		must(rt, err)
		defer below.Close()
		a, b := rapid.IntRange(0, len(trees)-1).Draw(rt, "from"), rapid.IntRange(0, len(trees)-1).Draw(rt, "to")
		changes, err := delta.Compare(trees[a], trees[b], below)
		must(rt, err)
		found := map[string]byte{}
		for _, c := range changes {
			found[filepath.Clean("./"+c.Path)] = c.Kind
		}
		for path := range shown[a] {
			if _, ok := shown[b][path]; !ok && found[path] != 'D' {
				rt.Errorf("%q is deleted, %q", path, found[path])
			}
		}
		for path, is := range shown[b] {
			was, ok := shown[a][path]
			differs := time.ReplaceAllString(was, "$1") != time.ReplaceAllString(is, "$1")
			switch {
			case !ok && found[path] != 'A':
				rt.Errorf("%q is new, %q", path, found[path])
			case ok && differs && found[path] != 'M':
				rt.Errorf("%q is modified, %q", path, found[path])
			case ok && !differs && found[path] != 0 && (found[path] != 'M' || is[0] == '4'):
				rt.Errorf("%q is as before, %q: %s, %s", path, found[path], was, is)
			}
			delete(found, path)
		}
		for path, kind := range found {
			if _, ok := shown[a][path]; !ok || kind != 'D' {
				rt.Errorf("%q is in neither tree, %q", path, kind)
			}
		}
	})
}

// A root that cannot be read is an error, not an empty one.
func TestCompareErrors(t *testing.T) {
	if _, err := delta.OpenRoot("/no/such/directory"); err == nil {
		t.Error("opened")
	}
	from, to := delta.NewTree(), tree(t, build(t, member{typ: dir, name: "d", pax: map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}}))
	for _, broken := range []brokenFirmware{{stat: os.ErrPermission}, {list: os.ErrPermission}} {
		if _, err := delta.Compare(from, to, broken); err != os.ErrPermission {
			t.Errorf("%+v: %v", broken, err)
		}
	}
}

type brokenFirmware struct{ stat, list error }

func (b brokenFirmware) Stat(string) (*delta.Lower, error) {
	return &delta.Lower{Type: os.ModeDir}, b.stat
}
func (b brokenFirmware) List(string) ([]string, error) { return nil, b.list }
