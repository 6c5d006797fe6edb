package fstools_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/chain/fstools"
)

const k64 = 64 << 10

// describe says in a line what is on the flash.
func describe(c *fstools.Chain) string {
	var all []string
	for _, e := range c.Entries() {
		all = append(all, fmt.Sprintf("%s %d at %d in %d+%d", e.Name(), e.Number, e.Offset, e.Block, e.Blocks))
	}
	return strings.Join(all, ", ")
}

// The flash of a real unit: all entries, those behind one of several erase
// blocks too, and what is in them.
func TestReadUnit(t *testing.T) {
	c, err := fstools.Read(&memory{b: unitImage(t), erase: k64})
	must(t, err)
	want := "snapshot 1 1 at 0 in 0+4, snapshot 2 2 at 262144 in 4+1, the volatile entry 3 at 327680 in 5+1"
	if got := describe(c); got != want {
		t.Fatalf("%s, not %s", got, want)
	}
	for i, e := range c.Entries() {
		typ, sequence := chain.TypeSnapshot, 0x6b8b4568+uint32(min(i, 1))
		if i == 2 {
			typ = chain.TypeVolatile
		}
		if e.Type != typ || e.Sequence != sequence || e.Copy {
			t.Errorf("entry %d: %+v", i, *e)
		}
	}
	state := files{}
	for i, e := range c.Entries() {
		one := read(t, c, e)
		if _, ok := one["usr/bin/blob1"]; ok != (i == 0) {
			t.Errorf("%s has usr/bin/blob1: %v", e.Name(), ok)
		}
		maps.Copy(state, one)
	}
	if s := state["etc/config/system"]; !strings.Contains(s, "node-17") {
		t.Errorf("etc/config/system is %q", s)
	}
	if n := len(state["usr/bin/blob1"]); n != 200000 {
		t.Errorf("usr/bin/blob1 has %d bytes", n)
	}
	if _, ok := state["etc/config/wireless"]; !ok {
		t.Error("etc/config/wireless of the volatile entry is missing")
	}
	for b, used := range c.Used() {
		if used != (b < 6) {
			t.Errorf("erase block %d is in use: %v", b, used)
		}
	}
}

// The erase blocks that the unit had are found out, whatever an image is opened
// with.
func TestReadWithOtherEraseBlocks(t *testing.T) {
	b := unitImage(t)
	for _, erase := range []int{4 << 10, 16 << 10, 32 << 10, 128 << 10, 512 << 10, 2 << 20} {
		c, err := fstools.Read(&memory{b: b, erase: erase})
		must(t, err)
		var offsets []int64
		used := 0
		for _, e := range c.Entries() {
			offsets = append(offsets, e.Offset)
			if int64(e.Block) != e.Offset/int64(erase) || int64(e.Block+e.Blocks) != (e.Offset+e.Size+32+int64(erase)-1)/int64(erase) {
				t.Errorf("erase blocks of %d: %+v", erase, *e)
			}
		}
		for _, is := range c.Used() {
			if is {
				used++
			}
		}
		if got := fmt.Sprint(offsets); got != "[0 262144 327680]" || c.Entries()[2].Copy {
			t.Errorf("erase blocks of %d: entries at %s", erase, got)
		}
		if want := map[int]int{4 << 10: 51, 16 << 10: 15, 32 << 10: 9, 128 << 10: 3, 512 << 10: 1, 2 << 20: 1}[erase]; used != want {
			t.Errorf("erase blocks of %d: %d in use, not %d", erase, used, want)
		}
	}
	// The same data by other erase blocks would lead elsewhere: at 64 KiB, the
	// volatile entry is the copy at the end.
	b = erased(16 * k64)
	put(b, 0, "DATA", 1, tarOf(t, "a", "1"))
	put(b, 256<<10, "DATA", 2, tarOf(t, "b", "2"))
	put(b, 512<<10, "CONF", 2, tarOf(t, "c", "new"))
	put(b, 768<<10, "CONF", 2, tarOf(t, "c", "old"))
	c, err := fstools.Read(&memory{b: b, erase: k64})
	must(t, err)
	if got := describe(c); got != "snapshot 1 1 at 0 in 0+1, snapshot 2 2 at 262144 in 4+1, the volatile entry 3 at 524288 in 8+1" {
		t.Error(got)
	}
}

// A header of the row is where erase blocks of any size may start, those of a
// chip whose size is no power of two as well.
func TestReadOddEraseBlocks(t *testing.T) {
	const erase = 4224
	b := erased(8 * erase)
	put(b, 0, "DATA", 7, tarOf(t, "a", "1"))
	put(b, erase, "CONF", 7, tarOf(t, "b", "2"))
	c, err := fstools.Read(&memory{b: b, erase: erase})
	must(t, err)
	if got := describe(c); got != "snapshot 1 1 at 0 in 0+1, the volatile entry 2 at 4224 in 1+1" {
		t.Error(got)
	}
}

// Big-endian units have the MD5 as it is.
func TestReadBigEndian(t *testing.T) {
	b := unitImage(t)
	for _, off := range []int{0, 4 * k64, 5 * k64, 31 * k64} {
		for i := off + 16; i < off+32; i += 4 {
			binary.BigEndian.PutUint32(b[i:], binary.LittleEndian.Uint32(b[i:]))
		}
	}
	c, err := fstools.Read(&memory{b: b, erase: k64})
	must(t, err)
	if len(c.Entries()) != 3 {
		t.Error(describe(c))
	}
}

// Whatever is wrong with the volatile entry, its copy stands in, and only then
// are the copy's erase blocks in use.
func TestVolatileFromCopy(t *testing.T) {
	for name, damage := range map[string]func(b []byte){
		"erased":           func(b []byte) { copy(b, erased(k64)) },
		"half erased":      func(b []byte) { copy(b[100:], erased(k64-100)) },
		"no magic":         func(b []byte) { b[0] = 0 },
		"the content":      func(b []byte) { b[200] ^= 1 },
		"the last byte":    func(b []byte) { b[32+284] ^= 1 },
		"the MD5":          func(b []byte) { b[16] ^= 1 },
		"no size":          func(b []byte) { clear(b[12:16]) },
		"a size too large": func(b []byte) { b[12] = 0xFF },
		"a size off by 1":  func(b []byte) { b[15]++ },
		"an older number":  func(b []byte) { b[11]-- },
	} {
		b := unitImage(t)
		put(b, 31*k64, "CONF", 0x6b8b4569, tarOf(t, "copy", "yes"))
		damage(b[5*k64 : 6*k64])
		c, err := fstools.Read(&memory{b: b, erase: k64})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		es := c.Entries()
		if v := es[len(es)-1]; len(es) != 3 || !v.Copy || v.Block != 31 || v.Number != 3 || read(t, c, v)["copy"] != "yes" {
			t.Errorf("%s: %s", name, describe(c))
		}
		for i, used := range c.Used() {
			if used != (i < 5 || i == 31) {
				t.Errorf("%s: erase block %d is in use: %v", name, i, used)
			}
		}
	}
}

// What is left of before counts no more; what was there before is not shown.
func TestStale(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(b []byte)
		want string
	}{
		{"nothing but snapshots", func(b []byte) { put(b, 0, "DATA", 5, tarOf(t, "a", "")) },
			"snapshot 1 1 at 0 in 0+1"},
		{"a copy from before a push", func(b []byte) {
			put(b, 0, "DATA", 5, tarOf(t, "a", ""))
			put(b, 7*k64, "CONF", 4, tarOf(t, "b", ""))
		}, "snapshot 1 1 at 0 in 0+1"},
		{"an older copy below the copy", func(b []byte) {
			put(b, 0, "DATA", 5, tarOf(t, "a", ""))
			put(b, 5*k64, "CONF", 5, tarOf(t, "old", ""))
			put(b, 7*k64, "CONF", 5, tarOf(t, "b", ""))
		}, "snapshot 1 1 at 0 in 0+1, the copy of the volatile entry 2 at 458752 in 7+1"},
		{"the numbers wrap around", func(b []byte) {
			put(b, 0, "DATA", 1<<32-1, tarOf(t, "a", ""))
			put(b, k64, "DATA", 0, tarOf(t, "b", ""))
		}, "snapshot 1 1 at 0 in 0+1, snapshot 2 2 at 65536 in 1+1"},
		{"a volatile entry alone", func(b []byte) { put(b, 0, "CONF", 77, tarOf(t, "a", "")) },
			"the volatile entry 1 at 0 in 0+1"},
		{"two that differ, without snapshots", func(b []byte) {
			put(b, 0, "CONF", 77, tarOf(t, "a", ""))
			put(b, 7*k64, "CONF", 78, tarOf(t, "b", ""))
		}, "the volatile entry 1 at 0 in 0+1"},
		{"a copy alone", func(b []byte) { put(b, 7*k64, "CONF", 77, tarOf(t, "a", "")) },
			"the copy of the volatile entry 1 at 458752 in 7+1"},
		{"a mark on erased flash", func(b []byte) { copy(b, "OWRT") }, ""},
		{"a mark on something else", func(b []byte) { copy(b, "OWRT1234567890123456789012345678901234567890") }, ""},
		{"magic in an entry", func(b []byte) {
			put(b, 0, "DATA", 5, append(tarOf(t, "a", ""), make([]byte, 3*k64)...))
			put(b, 2*k64, "DATA", 9, nil)
		}, "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := erased(8 * k64)
			test.make(b)
			c, err := fstools.Read(&memory{b: b, erase: k64})
			if test.want == "damaged" { // it is the content, so the MD5 is wrong
				if !errors.Is(err, chain.ErrDamaged) {
					t.Fatal(err)
				}
				return
			}
			must(t, err)
			if got := describe(c); got != test.want {
				t.Errorf("%s, not %s", got, test.want)
			}
		})
	}
}

// Flash without a chain of fstools is told apart from one that is damaged.
func TestNone(t *testing.T) {
	for name, b := range map[string][]byte{
		"erased":             erased(4 * k64),
		"zeros":              make([]byte, 4*k64),
		"jffs2":              bytes.Repeat([]byte{0x19, 0x85, 0xe0, 0x01}, k64),
		"magic in the midst": append(erased(2*k64), bytes.Repeat([]byte("OWRT"), k64/4)...),
	} {
		if c, err := fstools.Read(&memory{b: b, erase: k64}); !errors.Is(err, fstools.ErrNone) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}
