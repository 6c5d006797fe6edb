package flash_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/flash"
)

func TestNode(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "image+4096")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, node string
		offset     int64
	}{
		{"/dev/vda", "/dev/vda", 0},
		{"/dev/none+65536", "/dev/none", 65536},
		{"/dev/none+0", "/dev/none", 0},
		{there, there, 0},
		{there + "+512", there, 512},
		{"/dev/none+", "/dev/none+", 0},
		{"/dev/none+0x10", "/dev/none+0x10", 0},
		{"/dev/none+-1", "/dev/none+-1", 0},
		{"/dev/none++1", "/dev/none+", 1},
		{"/dev/none+9223372036854775808", "/dev/none+9223372036854775808", 0},
	} {
		if node, offset := flash.Node(test.path); node != test.node || offset != test.offset {
			t.Errorf("%s is %s, %d; want %s, %d", test.path, node, offset, test.node, test.offset)
		}
	}
}

// TestOffset: nothing in front of the offset is seen or touched.
func TestOffset(t *testing.T) {
	const front, size = 3*4096 + 512, 3*65536 + 700
	path := image(t, front+size)
	d, err := flash.Open(path+"+12800", nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := d.Geometry(); g.Size != 3*65536 {
		t.Errorf("geometry %+v", g)
	}
	if flash.HasGeometry(path + "+12800") {
		t.Error("a file has a geometry of its own")
	}
	unit := bytes.Repeat([]byte("unit"), 1024)
	for _, err := range []error{d.Erase(0), d.Erase(2), d.Program(unit, 0), d.Sync()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, 4096)
	if _, err := d.ReadAt(got, 0); err != nil || !bytes.Equal(got, unit) {
		t.Errorf("it reads %q, %v", got[:8], err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, front+size)
	copy(want[front:], bytes.Repeat([]byte{0xFF}, 65536))
	copy(want[front:], unit)
	copy(want[front+2*65536:], bytes.Repeat([]byte{0xFF}, 65536))
	if all, err := os.ReadFile(path); err != nil || !bytes.Equal(all, want) {
		t.Errorf("the file holds something else, %v", err)
	}
}

func TestOffsetRefuses(t *testing.T) {
	path := image(t, 65536)
	for _, test := range []struct{ path, say string }{
		{path + "+1", "65535 bytes"},
		{path + "+65536", "0 bytes"},
		{path + "+1000000", "begins behind the end, at 1000000 of 65536 bytes"},
		{filepath.Join(t.TempDir(), "none+1"), "no such file"},
		{os.DevNull + "+1", "offset"},
	} {
		if _, err := flash.Open(test.path, nil); err == nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: %v, want %q in it", test.path, err, test.say)
		}
	}
}
