package fstools_test

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/chain/fstools"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// converted writes all entries of a chain to a chain of ours, and returns the
// tars that it gives back.
func converted(t testing.TB, c *fstools.Chain) (tars [][]byte) {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	to, err := chain.Open(sim.New(flash.Geometry{Size: 2 << 20, EraseSize: k64, WriteSize: 256}))
	must(t, err)
	for _, e := range c.Entries() {
		p, err := c.Payload(e)
		must(t, err)
		must(t, to.WriteVolatile(p, "", now))
		if e.Type == chain.TypeSnapshot {
			must(t, to.Promote("", now))
		}
	}
	if len(to.Entries()) != len(c.Entries()) {
		t.Fatalf("%d entries became %d", len(c.Entries()), len(to.Entries()))
	}
	for i, e := range to.Entries() {
		if e.Name() != c.Entries()[i].Name() {
			t.Errorf("%s became %s", c.Entries()[i].Name(), e.Name())
		}
		r, err := to.Tar(e)
		must(t, err)
		b, err := io.ReadAll(r)
		must(t, err)
		tars = append(tars, b)
	}
	return tars
}

// The chain of a unit becomes one of ours that holds the same files.
func TestConvertUnit(t *testing.T) {
	c, err := fstools.Read(&memory{b: unitImage(t), erase: k64})
	must(t, err)
	tree := delta.NewTree()
	for i, b := range converted(t, c) {
		must(t, tree.Add(bytes.NewReader(b)))
		want, got := read(t, c, c.Entries()[i]), files{}
		for tr := tar.NewReader(bytes.NewReader(b)); ; {
			h, err := tr.Next()
			if err == io.EOF {
				break
			}
			must(t, err)
			content, err := io.ReadAll(tr)
			must(t, err)
			got[h.Name] = string(content)
		}
		if len(got) != len(want) {
			t.Errorf("entry %d: %d files became %d", i, len(want), len(got))
		}
		for name, content := range want {
			if got[name] != content {
				t.Errorf("entry %d: %s differs", i, name)
			}
		}
		var again bytes.Buffer
		_, err := delta.Repack(&again, bytes.NewReader(b), "")
		if must(t, err); !bytes.Equal(again.Bytes(), b) {
			t.Errorf("entry %d is not what Pack writes", i)
		}
	}
}

// Deletions become whiteouts, in whatever way the unit's kernel kept them.
func TestWhiteouts(t *testing.T) {
	for name, h := range map[string]*tar.Header{
		"before Linux 3.18": {Typeflag: tar.TypeSymlink, Name: "gone", Linkname: "(overlay-whiteout)", Mode: 0o777},
		"since":             {Typeflag: tar.TypeChar, Name: "gone", Mode: 0},
	} {
		b := erased(4 * k64)
		put(b, 0, "DATA", 1, tarWith(t, h, ""))
		c, err := fstools.Read(&memory{b: b, erase: k64})
		must(t, err)
		r := tar.NewReader(bytes.NewReader(converted(t, c)[0]))
		got, err := r.Next()
		must(t, err)
		if got.Name != "gone" || got.Typeflag != tar.TypeChar || got.Devmajor != 0 || got.Devminor != 0 || got.Linkname != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
