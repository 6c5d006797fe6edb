package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fstoolsImage returns an image that fstools wrote: two snapshots, a volatile
// entry, its copy at the end.
func fstoolsImage(t *testing.T) *image {
	t.Helper()
	f, err := os.Open("../chain/fstools/testdata/chain-64k.img.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	i := newImage(t, 0)
	i.write(content)
	return i
}

func (i *image) write(content []byte) {
	i.t.Helper()
	if err := os.WriteFile(i.path, content, 0o644); err != nil {
		i.t.Fatal(err)
	}
}

func (i *image) content() []byte {
	i.t.Helper()
	b, err := os.ReadFile(i.path)
	if err != nil {
		i.t.Fatal(err)
	}
	return b
}

// TestConvertFstools: all entries of an image become a chain, in place or via a
// file, which then is an image with the same chain.
func TestConvertFstools(t *testing.T) {
	for _, way := range []string{"", "via"} {
		i := fstoolsImage(t)
		args := []string{"--write-size", "1", "convert", "--label", "old"}
		other := filepath.Join(i.dir, "other")
		if way == "via" {
			args = append(args, "--via", other)
		}
		if said := i.must(args...); !strings.Contains(said, "3 entries") {
			t.Errorf("it says %q", said)
		}
		v := i.info()
		if len(v.Entries) != 3 || v.WriteSize != 1 || v.Entries[0].Blocks != 4 || v.Entries[1].Volatile || !v.Entries[2].Volatile || v.Entries[2].Label != "old" {
			t.Errorf("it holds %+v", v)
		}
		i.must("verify")
		if way == "via" {
			if got, _, _ := run(t, "/nowhere", "--device", other, "id"); got != i.must("id") {
				t.Errorf("%s holds the state %q", other, got)
			}
		}
		i.must("push")
		i.must("config", "--upper", i.upper("etc/new", "1"))
	}
}

// TestConvertRefused: what cannot be converted is named, and not touched.
func TestConvertRefused(t *testing.T) {
	jffs2, err := os.ReadFile("../chain/powercut/jffs2.img")
	if err != nil {
		t.Fatal(err)
	}
	whole := fstoolsImage(t).content()
	chain := newImage(t, 1<<20)
	chain.must("config", "--upper", chain.upper("etc/a", "1"))
	for name, test := range map[string]struct {
		content []byte
		code    int
		says    string
	}{
		"erased":        {bytes.Repeat([]byte{0xFF}, 1<<20), exitDevice, "nothing to convert"},
		"a chain":       {chain.content(), exitState, "a chain already"},
		"jffs2":         {append(bytes.Clone(jffs2), bytes.Repeat([]byte{0xFF}, 1<<20-len(jffs2))...), exitState, "on the unit that runs on it"},
		"cut off":       {whole[:3<<16], exitDamaged, "nothing was touched"},
		"a wrong byte":  {func() []byte { b := bytes.Clone(whole); b[1000] ^= 1; return b }(), exitDamaged, "snapshot 1"},
		"no room":       {whole[:8<<16], exitNoRoom, "--via"},
		"less than one": {whole[:4096], exitUsage, "erase block"},
	} {
		i := newImage(t, 0)
		i.write(test.content)
		before := i.sum()
		_, errs, code := i.run("convert")
		if code != test.code || !strings.Contains(errs, test.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, want %d: %s", name, code, test.code, errs)
		}
		if i.sum() != before {
			t.Errorf("%s: the image was touched", name)
		}
	}
}

// TestReset asks, and then erases all of it.
func TestReset(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("config", "--upper", i.upper("etc/secret", "x"))
	i.must("push")
	before := i.sum()
	for answer, code := range map[string]int{"": exitUsage, "n\n": exitFailed, "\n": exitFailed} {
		if got := i.answer(answer, "reset", "--erase"); got != code {
			t.Errorf("answer %q: exit %d, want %d", answer, got, code)
		}
	}
	if i.sum() != before {
		t.Error("the image was touched")
	}
	if got := i.answer("y\n", "reset"); got != 0 || len(i.info().Entries) != 0 {
		t.Errorf("reset: exit %d", got)
	}
	i.must("rollback", "--undo")
	if said := i.must("reset", "--erase", "--yes"); !strings.Contains(said, "16 erase blocks") {
		t.Errorf("it says %q", said)
	}
	if !bytes.Equal(i.content(), bytes.Repeat([]byte{0xFF}, 1<<20)) {
		t.Error("something is left")
	}
}

// answer runs the program with a person who types, and returns its exit code.
func (i *image) answer(line string, args ...string) int {
	c := &cli{in: strings.NewReader(line), out: io.Discard, errs: io.Discard, root: "/nowhere"}
	return c.main(append([]string{"--device", i.path}, args...))
}
