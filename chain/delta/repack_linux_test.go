package delta_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"pgregory.net/rapid"
)

// repack repacks a tar that holds no whiteouts but overlayfs' own.
func repack(t tester, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	stats, err := delta.Repack(&out, bytes.NewReader(b), "")
	must(t, err)
	if stats.Bytes != int64(out.Len()) {
		t.Fatalf("Repack says %d bytes and writes %d", stats.Bytes, out.Len())
	}
	return out.Bytes()
}

// Repack makes of what Pack wrote the same, and so does Fold.
func TestRepackOfBoots(t *testing.T) {
	needRoot(t)
	rapid.Check(t, func(rt *rapid.T) {
		u := newUnit(t, rt)
		var tars [][]byte
		for range 2 {
			live, upper, attr := u.boot(tars, nil)
			operations(rt, live)
			tars = append(tars, pack(u, upper, &delta.PackOptions{Root: attr}))
		}
		for i, b := range tars {
			got := repack(u, b)
			if !bytes.Equal(got, b) || !bytes.Equal(got, fold(u, u.root, b)) {
				u.Fatalf("tar %d, repacked, is another", i)
			}
		}
	})
}

// Of what GNU tar writes, in any order, Repack makes what Fold makes.
func TestRepackOfGNUTar(t *testing.T) {
	root := tmpfs(t, "size=512m")
	upper := filepath.Join(root, "upper")
	mkdir(t, root, "upper")
	everything(t, upper)
	must(t, os.Remove(filepath.Join(upper, "dir/fifo"))) // tar does not see that pipes are linked
	write(t, filepath.Join(upper, "gap"), strings.Repeat("\x00", 4096+100)+"x"+strings.Repeat("\x00", 5000))
	for _, args := range [][]string{
		{"--format=gnu", "*"},
		{"--format=posix", "--xattrs", "--xattrs-include=*", "."},
		{"--format=posix", "-S", "."},
		{"--format=gnu", "--sort=name", "*"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			run(t, upper, "sh", "-c", "exec tar cf ../t.tar --warning=no-file-ignored "+strings.Join(args, " "))
			b, err := os.ReadFile(filepath.Join(root, "t.tar"))
			must(t, err)
			got := repack(t, b)
			if !bytes.Equal(got, fold(t, root, b)) {
				t.Error("Fold makes another tar")
			}
			if !bytes.Equal(got, repack(t, got)) {
				t.Error("repacked again it is another")
			}
		})
	}
}

// Data that starts anywhere in a block, as foreign sparse maps say it.
func TestRepackOfSparse(t *testing.T) {
	root := tmpfs(t, "size=64m")
	for _, test := range []struct{ size, runs string }{
		{"20000", "1,3"}, {"20000", "4095,2,8192,1,19999,1"}, {"4097", "4096,1"}, {"8191", "0,1"}, {"100000", "0,4096,50000,20000"},
		{"9000", ""}, {"8192", "4000,96,4096,1"}, {"1099511627776", "1099511627775,1"},
	} {
		n := 0
		for i, s := range strings.Split(test.runs, ",") {
			if i%2 == 1 {
				k := 0
				fmt.Sscan(s, &k)
				n += k
			}
		}
		b := build(t, member{typ: reg, name: "f", data: strings.Repeat("x", n), pax: map[string]string{
			"GNU.sparse.size": test.size, "GNU.sparse.map": test.runs}})
		if !bytes.Equal(repack(t, b), fold(t, root, b)) {
			t.Errorf("%s bytes with data at %s: Fold makes another tar", test.size, test.runs)
		}
	}
}

// Replay and Pack make the same of what no kernel keeps as a tar may say it.
func TestRepackIsReplayAndPack(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "upper")
	upper := filepath.Join(root, "upper")
	attr, err := delta.ReadAttr(upper)
	must(t, err)
	b := build(t, member{typ: sym, name: "mode 755", link: "x"}, member{typ: char, name: "whiteout"},
		member{typ: link, name: "a link", link: "mode 755"}, member{typ: reg, name: "x/"})
	_, err = delta.Replay(bytes.NewReader(b), upper)
	must(t, err)
	if !bytes.Equal(repack(t, b), pack(t, upper, &delta.PackOptions{Root: attr})) {
		t.Error("Repack makes another tar")
	}
}

// Deletions come as character devices, as links with a name that says so, and
// as hard links to either.
func TestRepackWhiteouts(t *testing.T) {
	b := build(t,
		member{typ: dir, name: "d"},
		member{typ: sym, name: "d/old", link: "(overlay-whiteout)"},
		member{typ: link, name: "d/another", link: "d/old"},
		member{typ: char, name: "d/new"},
		member{typ: link, name: "new too", link: "d/new"},
		member{typ: sym, name: "link", link: "(overlay-whiteout) "},
		member{typ: link, name: "link too", link: "link"})
	for _, test := range []struct {
		link string
		want string // whiteouts
	}{
		{"(overlay-whiteout)", "d/another d/new d/old new too"},
		{"", "d/new new too"},
	} {
		var out bytes.Buffer
		_, err := delta.Repack(&out, bytes.NewReader(b), test.link)
		must(t, err)
		var got []string
		for r := tar.NewReader(&out); ; {
			h, err := r.Next()
			if err == io.EOF {
				break
			}
			must(t, err)
			if h.Typeflag == tar.TypeChar && h.Devmajor == 0 && h.Devminor == 0 {
				got = append(got, h.Name)
			}
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("link %q: whiteouts are %s, not %s", test.link, s, test.want)
		}
	}
}

// What Repack refuses is what Replay refuses, and it says so of itself.
func TestRepackFails(t *testing.T) {
	for _, test := range append(hostileTars, formatTars...) {
		b := build(t, test.members...)
		want := delta.NewTree().Add(bytes.NewReader(b))
		_, err := delta.Repack(io.Discard, bytes.NewReader(b), "")
		if errors.Is(err, delta.ErrHostile) != errors.Is(want, delta.ErrHostile) || errors.Is(err, delta.ErrFormat) != errors.Is(want, delta.ErrFormat) {
			if !strings.Contains(test.name, "whiteout") { // a hard link to one is one
				t.Errorf("%s: %v, not %v", test.name, err, want)
			}
		}
	}
	good := build(t, member{typ: reg, name: "f", data: strings.Repeat("x", 5000)})
	for n := range len(good) {
		if n != len(good)-512 {
			if _, err := delta.Repack(io.Discard, bytes.NewReader(good[:n]), ""); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
	}
	full := errors.New("full")
	if _, err := delta.Repack(broken{full}, bytes.NewReader(good), ""); !errors.Is(err, full) {
		t.Error(err)
	}
}

// Files of more bytes than Repack keeps are refused before they are in memory;
// zeros take none.
func TestRepackLimit(t *testing.T) {
	if _, err := delta.Repack(io.Discard, large(delta.MaxRepack+4096, 0), ""); err != nil {
		t.Error(err)
	}
	_, err := delta.Repack(io.Discard, large(delta.MaxRepack+4096, 'x'), "")
	if !errors.Is(err, delta.ErrHostile) || !strings.Contains(err.Error(), "cannot read large: ") {
		t.Error(err)
	}
}

// large returns a tar of one file of n times the byte c, without its end.
func large(n int64, c byte) io.Reader {
	var head bytes.Buffer
	w := tar.NewWriter(&head)
	w.WriteHeader(&tar.Header{Name: "large", Mode: 0o644, Size: n, Format: tar.FormatUSTAR})
	return io.MultiReader(&head, io.LimitReader(filler(c), n), bytes.NewReader(make([]byte, 1024)))
}

// filler is a stream of one byte.
type filler byte

func (f filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(f)
	}
	return len(p), nil
}

// FuzzRepack repacks anything, and what comes out once more.
func FuzzRepack(f *testing.F) {
	for _, test := range append(hostileTars, formatTars...) {
		if b := build(f, test.members...); len(b) < 8<<10 {
			f.Add(b)
		}
	}
	f.Add(build(f, member{typ: sym, name: "a", link: "w"}, member{typ: link, name: "b", link: "a"}, member{typ: reg, name: "c", data: "x"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var once, twice bytes.Buffer
		if _, err := delta.Repack(&once, bytes.NewReader(b), "w"); err != nil {
			return
		}
		if _, err := delta.Repack(&twice, bytes.NewReader(once.Bytes()), ""); err != nil {
			t.Fatalf("what Repack wrote cannot be repacked: %v", err)
		}
		if !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("repacked again it is another\n%q\n%q", once.Bytes(), twice.Bytes())
		}
		if err := delta.NewTree().Add(bytes.NewReader(once.Bytes())); err != nil {
			t.Fatal(err)
		}
	})
}
