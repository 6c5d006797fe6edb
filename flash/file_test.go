package flash_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/flash"
)

func image(t *testing.T, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, make([]byte, size), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFile(t *testing.T) {
	path := image(t, 3*65536+1000)
	d, err := flash.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := d.Geometry()
	if g != (flash.Geometry{Size: 3 * 65536, EraseSize: 65536, WriteSize: 4096}) || g.Blocks() != 3 {
		t.Fatalf("geometry %+v", g)
	}
	if err := d.Erase(1); err != nil {
		t.Fatal(err)
	}
	unit := bytes.Repeat([]byte{0x5A}, 4096)
	if err := d.Program(unit, 65536+4096); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3*65536)
	if _, err := d.ReadAt(got, 0); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 3*65536)
	copy(want[65536:], bytes.Repeat([]byte{0xFF}, 65536))
	copy(want[65536+4096:], unit)
	if !bytes.Equal(got, want) {
		t.Error("the file does not hold what was written")
	}
	if bad, err := d.IsBad(2); bad || err != nil {
		t.Errorf("bad block: %v, %v", bad, err)
	}
	if err := d.MarkBad(2); err == nil {
		t.Error("a block of a file was marked bad")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Size() != 3*65536+1000 {
		t.Errorf("the file has changed its size: %v, %v", st.Size(), err)
	}
}

// TestLargeFile reads and writes in the last erase block of 5 GiB.
func TestLargeFile(t *testing.T) {
	path := image(t, 0)
	if err := os.Truncate(path, 5<<30); err != nil {
		t.Fatal(err)
	}
	d, err := flash.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	g := d.Geometry()
	last := g.Blocks() - 1
	off := int64(last) * int64(g.EraseSize)
	if off != 5<<30-65536 {
		t.Fatalf("the last erase block of %+v is at %d", g, off)
	}
	if err := errors.Join(d.Erase(last), d.Program(make([]byte, 4096), off), d.Sync()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		off  int64
		want byte
	}{{off - 1, 0}, {off, 0}, {off + 4096, 0xFF}, {5<<30 - 1, 0xFF}, {off & (1<<32 - 1), 0}} {
		var got [1]byte
		if _, err := d.ReadAt(got[:], c.off); err != nil || got[0] != c.want {
			t.Errorf("byte %d: %#x, %v", c.off, got, err)
		}
	}
	if st, err := os.Stat(path); err != nil || st.Size() != 5<<30 {
		t.Errorf("the file: %v, %v", st, err)
	}
}

// TestFileRefuses lists what breaks the rules of any flash.
func TestFileRefuses(t *testing.T) {
	d, err := flash.Open(image(t, 3*65536), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		name string
		err  error
	}{
		{"half a unit", d.Program(make([]byte, 2048), 0)},
		{"between units", d.Program(make([]byte, 4096), 100)},
		{"over the end of a block", d.Program(make([]byte, 8192), 65536-4096)},
		{"behind the end", d.Program(make([]byte, 4096), 3*65536)},
		{"before the start", d.Program(make([]byte, 4096), -4096)},
		{"erase behind the end", d.Erase(3)},
		{"erase before the start", d.Erase(-1)},
	} {
		if c.err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
	if _, err := d.ReadAt(make([]byte, 10), 3*65536-5); err == nil {
		t.Error("a read over the end: no error")
	}
}

func TestReadOnly(t *testing.T) {
	d, err := flash.Open(image(t, 65536), &flash.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, err := range []error{d.Erase(0), d.Program(make([]byte, 4096), 0)} {
		if !errors.Is(err, flash.ErrReadOnly) {
			t.Errorf("got %v", err)
		}
	}
	if err := d.Sync(); err != nil {
		t.Errorf("sync: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, path string
		o          *flash.Options
		say        string
	}{
		{"missing", filepath.Join(dir, "missing"), nil, "no such file"},
		{"directory", dir, nil, "directory"},
		{"character device", os.DevNull, &flash.Options{ReadOnly: true}, "MTD"},
		{"small", image(t, 100), nil, "100 bytes"},
		{"erase block of no size", image(t, 65536), &flash.Options{EraseSize: -1}, "-1 bytes"},
		{"erase block too large", image(t, 65536), &flash.Options{EraseSize: 1 << 30}, "1073741824 bytes"},
		{"unit that does not divide", image(t, 65536), &flash.Options{EraseSize: 65536, WriteSize: 1000}, "1000 bytes"},
	} {
		_, err := flash.Open(c.path, c.o)
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.say)
		}
	}
}

// TestFileBecomesShorter: what is not there any more cannot be read.
func TestFileBecomesShorter(t *testing.T) {
	path := image(t, 3*65536)
	d, err := flash.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := os.Truncate(path, 65536); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadAt(make([]byte, 100), 65536-50); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}
