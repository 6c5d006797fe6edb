package delta_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// fold folds tars in a new directory.
func fold(t tester, root string, tars ...[]byte) []byte {
	t.Helper()
	dir, err := os.MkdirTemp(root, "fold")
	must(t, err)
	return foldIn(t, dir, tars...)
}

func foldIn(t tester, dir string, tars ...[]byte) []byte {
	t.Helper()
	f := delta.NewFold(dir)
	for i, b := range tars {
		if err := f.Add(bytes.NewReader(b)); err != nil {
			t.Fatalf("tar %d: %v", i, err)
		}
	}
	var b bytes.Buffer
	stats, err := f.Pack(&b)
	must(t, err)
	if stats.Bytes != int64(b.Len()) {
		t.Fatalf("Pack says %d bytes and writes %d", stats.Bytes, b.Len())
	}
	return b.Bytes()
}

// checkFold checks all that holds of folding the first k of some tars.
func (u *unit) checkFold(live string, tars [][]byte, k int) {
	u.Helper()
	folded := fold(u, u.root, tars[:k]...)
	if again := fold(u, u.root, tars[:k]...); !bytes.Equal(folded, again) {
		u.Fatalf("folding %d tars twice gives two tars", k)
	}
	for i := range k + 1 { // in any grouping
		head, tail := tars[:i:i], tars[i:k:k]
		left := fold(u, u.root, append([][]byte{fold(u, u.root, head...)}, tail...)...)
		right := fold(u, u.root, append(head, fold(u, u.root, tail...))...)
		if !bytes.Equal(folded, left) || !bytes.Equal(folded, right) {
			u.Fatalf("folding %d of %d tars first gives another tar", i, k)
		}
	}
	rest := append([][]byte{folded}, tars[k:]...)
	attr, err := delta.ReadAttr(u.lower)
	must(u, err)
	want, got := replay(u, u.root, attr, tars...), replay(u, u.root, attr, rest...)
	same(u, "the upper directory", want, got, true)
	merged, _, _ := u.boot(rest, nil)
	same(u, "the state with folded snapshots", live, merged, false)
	same(u, "the state in layers, the folded one for several", live, u.layers(rest), false)
}

// A chain of which some snapshots are folded into one shows the same tree.
func TestFoldOfBoots(t *testing.T) {
	needRoot(t)
	rapid.Check(t, func(rt *rapid.T) {
		u := newUnit(t, rt)
		var tars [][]byte
		n := rapid.IntRange(2, 4).Draw(rt, "boots")
		for i := range n {
			live, upper, attr := u.boot(tars, nil)
			operations(rt, live)
			tars = append(tars, pack(u, upper, &delta.PackOptions{Root: attr}))
			if i == n-1 {
				u.checkFold(live, tars, rapid.IntRange(1, n).Draw(rt, "folded"))
			}
		}
	})
}

// Snapshots are folded while the unit runs, those it was booted with and those
// pushed since: what is packed next stands on the folded chain.
func TestFoldWhileRunning(t *testing.T) {
	needRoot(t)
	rapid.Check(t, func(rt *rapid.T) {
		u := newUnit(t, rt)
		var chain [][]byte
		below := rapid.IntRange(0, 3).Draw(rt, "booted with")
		for range below {
			live, upper, attr := u.boot(chain, nil)
			operations(rt, live)
			chain = append(chain, pack(u, upper, &delta.PackOptions{Root: attr}))
		}
		live, upper, attr := u.boot(chain, nil)
		lower := u.snapshots
		mixed := false // chain[below] holds something of the lower layers too
		for range rapid.IntRange(1, 4).Draw(rt, "pushes") {
			operations(rt, live)
			o := &delta.PackOptions{Root: attr, Base: delta.NewTree()}
			for _, b := range chain[below:] {
				must(u, o.Base.Add(bytes.NewReader(b)))
			}
			if mixed {
				o.Lower = lower
			}
			tar := pack(u, upper, o)
			chain = append(chain, tar)
			merged, _, _ := u.boot(chain, nil)
			same(u, "the state after a push", live, merged, false)
			must(u, o.Base.Add(bytes.NewReader(tar)))
			if stats, err := delta.Pack(io.Discard, upper, o); err != nil || stats.Entries != 0 {
				u.Fatalf("a second pack without a change packs %d entries, %v", stats.Entries, err)
			}
			if k := rapid.IntRange(0, len(chain)).Draw(rt, "folded"); k >= 2 {
				chain = append([][]byte{fold(u, u.root, chain[:k]...)}, chain[k:]...)
				switch {
				case k > below && (below > 0 || mixed):
					mixed, below = true, 0
				case k > below: // all of it is in the upper directory
				default:
					below -= k - 1
				}
			}
		}
	})
}

// The bytes depend on the tars alone.
func TestFoldIsDeterministic(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "upper", "plain", "odd")
	everything(t, filepath.Join(root, "upper"))
	first := pack(t, filepath.Join(root, "upper"), nil)
	second := build(t, member{typ: char, name: "dir"}, member{typ: reg, name: "a first name", data: "new"})
	want := foldIn(t, filepath.Join(root, "plain"), first, second)

	odd := filepath.Join(root, "odd")
	setxattr(t, odd, "user.x", "y")
	must(t, os.Chmod(odd, 0o3777))
	must(t, os.Chown(odd, 7, 8))
	setTime(t, odd, 5, 6)
	defer unix.Umask(unix.Umask(0o777))
	if !bytes.Equal(want, foldIn(t, odd, first, second)) {
		t.Error("another directory and umask give another tar")
	}
	if !bytes.Equal(first, fold(t, root, first)) {
		t.Error("one tar, folded, is another")
	}
}

// The root stands in the folded tar if it stands in one of the others, even if
// it has the attributes of the directory that was worked in.
func TestFoldOfTheRoot(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "upper")
	attr, err := delta.ReadAttr(filepath.Join(root, "upper"))
	must(t, err)
	with := pack(t, filepath.Join(root, "upper"), nil)
	without := build(t, member{typ: reg, name: "f"})
	for _, test := range []struct {
		name string
		tars [][]byte
		want bool
	}{
		{"none", [][]byte{without}, false},
		{"first", [][]byte{with, without}, true},
		{"last", [][]byte{without, with}, true},
	} {
		dir, err := os.MkdirTemp(root, "")
		must(t, err)
		must(t, attr.Set(dir))
		if got := strings.Contains(names(t, foldIn(t, dir, test.tars...)), "./"); got != test.want {
			t.Errorf("%s: the root is there: %v", test.name, got)
		}
	}
}

// What goes wrong is said, and nothing that is not the tars' comes out.
func TestFoldFails(t *testing.T) {
	root := tmpfs(t, "size=1m")
	good := build(t, member{typ: dir, name: "d"}, member{typ: reg, name: "d/f", data: "x"})
	for _, test := range []struct {
		name string
		tar  []byte
		want error
	}{
		{"no room", build(t, member{typ: reg, name: "big", data: strings.Repeat("x", 2<<20)}), unix.ENOSPC},
		{"hostile", build(t, member{typ: reg, name: "../f"}), delta.ErrHostile},
		{"no tar", []byte(strings.Repeat("x", 2000)), delta.ErrFormat},
		{"cut short", good[:700], io.ErrUnexpectedEOF},
	} {
		dir, err := os.MkdirTemp(root, "")
		must(t, err)
		f := delta.NewFold(dir)
		must(t, f.Add(bytes.NewReader(good)))
		if err := f.Add(bytes.NewReader(test.tar)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		must(t, os.RemoveAll(dir))
	}
	for _, test := range []struct {
		name   string
		change func(dir string) error
	}{
		{"content", func(dir string) error { return os.WriteFile(dir+"/d/f", []byte("y"), 0o644) }},
		{"a mode", func(dir string) error { return os.Chmod(dir+"/d", 0o700) }},
		{"an attribute", func(dir string) error { return unix.Setxattr(dir+"/d/f", "security.selinux", []byte("x"), 0) }},
		{"a mark", func(dir string) error { return unix.Setxattr(dir+"/d", "trusted.overlay.opaque", []byte("y"), 0) }},
		{"a file more", func(dir string) error { return os.WriteFile(dir+"/d/g", nil, 0o644) }},
		{"a file less", func(dir string) error { return os.Remove(dir + "/d/f") }},
		{"a link", func(dir string) error { return os.Link(dir+"/d/f", dir+"/e") }},
	} {
		dir, err := os.MkdirTemp(root, "")
		must(t, err)
		f := delta.NewFold(dir)
		must(t, f.Add(bytes.NewReader(good)))
		must(t, test.change(dir))
		if _, err := f.Pack(io.Discard); err == nil || !strings.Contains(err.Error(), "cannot fold") {
			t.Errorf("%s changed: %v", test.name, err)
		}
	}
	full := errors.New("full")
	f := delta.NewFold(t.TempDir())
	if _, err := f.Pack(broken{full}); !errors.Is(err, full) {
		t.Error(err)
	}
}
