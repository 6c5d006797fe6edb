package fstools_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/chain/fstools"
	"chainroot/flash"
)

// Each kind of damage is one error that names the entry and where it stands;
// what is before it comes with the error.
func TestDamage(t *testing.T) {
	// A unit with two snapshots and a volatile entry; its copy is from before the
	// push of the second snapshot, or as new as the entry.
	image := func(t *testing.T, copyOf uint32) []byte {
		b := erased(8 * k64)
		put(b, 0, "DATA", 5, tarOf(t, "a", ""))
		put(b, k64, "DATA", 6, tarOf(t, "b", ""))
		put(b, 2*k64, "CONF", 6, tarOf(t, "c", ""))
		put(b, 7*k64, "CONF", copyOf, tarOf(t, "d", ""))
		return b
	}
	const (
		first  = "snapshot 1 1 at 0 in 0+1"
		second = ", snapshot 2 2 at 65536 in 1+1"
		older  = ", the copy of the volatile entry 2 at 458752 in 7+1"
	)
	for _, test := range []struct {
		name   string
		copyOf uint32
		damage func(b []byte)
		left   string
		want   string
	}{
		{"content of the first", 6, func(b []byte) { b[100] ^= 1 }, "",
			"cannot read snapshot 1 at offset 0 (erase block 0): damaged: it does not have the MD5 in its header"},
		{"content of the first, an older copy", 4, func(b []byte) { b[100] ^= 1 }, "",
			"cannot read snapshot 1 at offset 0 (erase block 0): damaged: it does not have the MD5 in its header"},
		{"content of the second", 6, func(b []byte) { b[k64+100] ^= 1 }, first,
			"cannot read snapshot 2 at offset 65536 (erase block 1): damaged: it does not have the MD5 in its header"},
		{"content of the second, an older copy", 5, func(b []byte) { b[k64+100] ^= 1 }, first + older,
			"cannot read snapshot 2 at offset 65536 (erase block 1): damaged: it does not have the MD5 in its header"},
		{"a size of 0", 5, func(b []byte) { clear(b[k64+12 : k64+16]) }, first + older,
			"cannot read snapshot 2 at offset 65536 (erase block 1): damaged: its header says 0 bytes, 1 to 9863168 can be"},
		{"a size larger than any", 5, func(b []byte) { b[k64+12] = 1 }, first + older,
			"1 to 9863168 can be"},
		{"a size larger than the flash", 5, func(b []byte) { b[k64+13] = 8 }, first + older,
			"cannot read snapshot 2 at offset 65536 (erase block 1): damaged: it is cut off: it ends at offset 589"},
		{"a number that does not follow", 5, func(b []byte) { b[k64+11] = 9 }, first + older,
			"cannot read snapshot 2 at offset 65536 (erase block 1): damaged: its sequence number is 9, not 6"},
		{"a type that is none", 5, func(b []byte) { b[k64+4] = 'X' }, first + older,
			"cannot read the entry at offset 65536: damaged: its header has an unknown type"},
		{"no magic in the first", 6, func(b []byte) { b[0] = 'X' }, "the copy of the volatile entry 1 at 458752 in 7+1",
			"cannot read the chain: damaged: a snapshot stands at offset 65536, the snapshots before it end at offset 0"},
		{"no type in the first", 6, func(b []byte) { b[4] = 'X' }, "the copy of the volatile entry 1 at 458752 in 7+1",
			"cannot read the entry at offset 0: damaged: its header has an unknown type"},
		{"no magic in the second", 6, func(b []byte) { b[k64] = 'X' }, first,
			"cannot read the copy of the volatile entry at offset 458752 (erase block 7): damaged: it belongs to the snapshot with sequence number 6, the last one there is has 5"},
		{"no magic in the only one", 5, func(b []byte) { b[0] = 'X'; copy(b[k64:], erased(k64)) }, "the copy of the volatile entry 1 at 458752 in 7+1",
			"cannot read the chain: damaged: the flash starts with something else, and a volatile entry stands at offset 458752"},
		{"no copy", 6, func(b []byte) { b[2*k64+100] ^= 1; copy(b[7*k64:], erased(k64)) }, first + second,
			"cannot read the volatile entry at offset 131072 (erase block 2): damaged: it does not have the MD5 in its header"},
		{"an older copy", 5, func(b []byte) { b[2*k64+100] ^= 1 }, first + second,
			"cannot read the volatile entry at offset 131072 (erase block 2): damaged: it does not have the MD5 in its header"},
		{"the volatile entry and its copy", 6, func(b []byte) { b[2*k64+100] ^= 1; b[7*k64+100] ^= 1 }, first + second,
			"cannot read the volatile entry at offset 131072 (erase block 2): damaged: it does not have the MD5 in its header; " +
				"cannot read the copy of the volatile entry at offset 458752 (erase block 7): damaged: it does not have the MD5 in its header"},
		{"an older number, and an older copy", 5, func(b []byte) { b[2*k64+11] = 5 }, first + second,
			"cannot read the volatile entry at offset 131072 (erase block 2): damaged: it belongs to the snapshot with sequence number 5, the last one there is has 6"},
		{"only the copy is there, and is damaged", 6, func(b []byte) { copy(b[2*k64:], erased(k64)); b[7*k64+100] ^= 1 }, first + second,
			"cannot read the copy of the volatile entry at offset 458752 (erase block 7): damaged: it does not have the MD5 in its header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := image(t, test.copyOf)
			test.damage(b)
			c, err := fstools.Read(&memory{b: b, erase: k64})
			if !errors.Is(err, chain.ErrDamaged) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v\nnot %s", err, test.want)
			}
			if got := describe(c); got != test.left {
				t.Errorf("%s is left, not %s", got, test.left)
			}
		})
	}
}

// A bit that flips anywhere in an entry is noticed, or the copy stands in.
func TestEveryBit(t *testing.T) {
	good := erased(4 * 4096)
	var entries [][]byte
	entries = append(entries, put(good, 0, "DATA", 5, tarOf(t, "a", "1")))
	entries = append(entries, put(good, 4096, "CONF", 5, tarOf(t, "b", "2")))
	put(good, 3*4096, "CONF", 5, tarOf(t, "b", "2"))
	for i, e := range entries {
		for bit := range 8 * len(e) {
			e[bit/8] ^= 1 << (bit % 8)
			c, err := fstools.Read(&memory{b: good, erase: 4096})
			switch {
			case i == 0 && err == nil, i == 1 && err == nil && !c.Entries()[1].Copy:
				t.Errorf("bit %d of entry %d: %s", bit, i, describe(c))
			case i == 1 && err != nil && !errors.Is(err, chain.ErrDamaged):
				t.Errorf("bit %d of entry %d: %v", bit, i, err)
			}
			e[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// An image that is cut off anywhere is refused, or whole entries are missing at
// its end, and the copy with them.
func TestTruncated(t *testing.T) {
	b := unitImage(t)
	want := []string{"snapshot 1", "snapshot 2", "the volatile entry"}
	for n := 4096; n < len(b); n += 4096 {
		for _, erase := range []int{4096, 64 << 10} {
			if n%erase != 0 {
				continue
			}
			c, err := fstools.Read(&memory{b: b[:n:n], erase: erase})
			whole := n >= 49*4096
			if (err == nil) != whole {
				t.Fatalf("cut at %d: %v", n, err)
			}
			if !whole && (!errors.Is(err, chain.ErrDamaged) || !strings.Contains(err.Error(), "cannot read snapshot 1 at offset 0 (erase block 0): damaged: it is cut off")) {
				t.Fatalf("cut at %d: %v", n, err)
			}
			for i, e := range c.Entries() {
				if e.Name() != want[i] || e.Offset+e.Size > int64(n) {
					t.Fatalf("cut at %d: %s", n, describe(c))
				}
			}
		}
	}
}

// A file that is cut off at any byte, as the flash package opens it.
func TestTruncatedFile(t *testing.T) {
	b := unitImage(t)
	path := filepath.Join(t.TempDir(), "image")
	for _, n := range []int{4096, k64, k64 + 1, 200448, 4*k64 + 280, 5*k64 + 317, 2<<20 - 1} {
		must(t, os.WriteFile(path, b[:n], 0o600))
		dev, err := flash.Open(path, &flash.Options{ReadOnly: true, EraseSize: 4096})
		must(t, err)
		if _, err := fstools.Read(dev); err != nil && !errors.Is(err, chain.ErrDamaged) {
			t.Errorf("cut at %d: %v", n, err)
		}
		must(t, dev.Close())
	}
}

// What cannot be read is said with the error of the device; the volatile entry
// has its copy.
func TestUnreadable(t *testing.T) {
	b := unitImage(t)
	for _, test := range []struct {
		off  int64
		want string
	}{
		{k64 + 8, "cannot read the flash at offset 65536: input/output error"},
		{k64 + 100, "cannot read snapshot 1 at offset 0 (erase block 0): input/output error"},
	} {
		if _, err := fstools.Read(&memory{b: b, erase: k64, unreadable: test.off}); !errors.Is(err, syscall.EIO) || err.Error() != test.want {
			t.Errorf("%v, not %s", err, test.want)
		}
	}
	c, err := fstools.Read(&memory{b: b, erase: k64, unreadable: 5*k64 + 100})
	must(t, err)
	if es := c.Entries(); len(es) != 3 || !es[2].Copy {
		t.Error(describe(c))
	}
}

// What is behind a right MD5 and is no gzip'd tar is found while it is read.
func TestUnpackFails(t *testing.T) {
	good := tarOf(t, "a", strings.Repeat("x", 5000))
	change := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	hostile := tarWith(t, &tar.Header{Name: "../a", Mode: 0o644}, "")
	for _, test := range []struct {
		name    string
		content []byte
		want    string
		is      error
	}{
		{"no gzip", []byte("text"), "cannot unpack snapshot 1 at offset 0 (erase block 0): damaged: ", chain.ErrDamaged},
		{"a gzip cut short", good[:len(good)-1], "cannot unpack snapshot 1 at offset 0 (erase block 0): damaged: unexpected EOF", io.ErrUnexpectedEOF},
		{"a wrong CRC", change(len(good) - 8), "cannot unpack snapshot 1 at offset 0 (erase block 0): damaged: gzip: invalid checksum", chain.ErrDamaged},
		{"something behind it", append(bytes.Clone(good), "x"...), "cannot unpack snapshot 1 at offset 0 (erase block 0): damaged: ", chain.ErrDamaged},
		{"no tar", compressed(t, bytes.Repeat([]byte("text"), 1000)), "cannot convert snapshot 1 at offset 0 (erase block 0): ", delta.ErrFormat},
		{"a hostile tar", hostile, "cannot convert snapshot 1 at offset 0 (erase block 0): ", delta.ErrHostile},
		{"more than fits", large(t), "cannot unpack snapshot 1 at offset 0 (erase block 0): damaged: it unpacks to more than 268435456 bytes", chain.ErrDamaged},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := erased(16 * k64)
			put(b, 0, "DATA", 1, test.content)
			c, err := fstools.Read(&memory{b: b, erase: k64})
			must(t, err)
			if _, err := c.Payload(c.Entries()[0]); !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nnot %s", err, test.want)
			}
		})
	}
}

// large returns a gzip'd tar of a file of zeros, larger than the limit.
func large(t testing.TB) []byte {
	t.Helper()
	const size = 256 << 20
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	must(t, err)
	w := tar.NewWriter(z)
	must(t, w.WriteHeader(&tar.Header{Name: "large", Mode: 0o644, Size: size}))
	for range size / k64 {
		_, err := w.Write(make([]byte, k64))
		must(t, err)
	}
	must(t, errors.Join(w.Close(), z.Close()))
	return out.Bytes()
}

// A byte that changes between Read and Tar does not come out.
func TestChecksAgain(t *testing.T) {
	b := unitImage(t)
	c, err := fstools.Read(&memory{b: b, erase: k64})
	must(t, err)
	b[100] ^= 1
	if _, err := c.Tar(c.Entries()[0]); !errors.Is(err, chain.ErrDamaged) {
		t.Error(err)
	}
}
