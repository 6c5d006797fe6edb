package fstools_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/chain/fstools"
)

// FuzzRead reads anything as flash: pieces that are laid on 16 erase blocks. Of
// each header the MD5 is made right, so that what is behind it is reached.
func FuzzRead(f *testing.F) {
	small, white := tarOf(f, "a", "x"), tarWith(f, &tar.Header{Typeflag: tar.TypeChar, Name: "gone"}, "")
	f.Add(piece(0, "DATA", 1, small))
	f.Add(slices.Concat(piece(0, "DATA", 1, small), piece(1, "DATA", 2, white), piece(2, "CONF", 2, small), piece(15, "CONF", 2, white)))
	f.Add(slices.Concat(piece(0, "DATA", 1, white), []byte{0, 14, 2, 0x13, 0x88}, piece(2, "DATA", 2, small), piece(14, "CONF", 2, small)))
	f.Add(slices.Concat(piece(0, "DATA", 1, small), piece(4, "DATA", 2, small), piece(8, "CONF", 2, small)))
	f.Add(slices.Concat(piece(0, "CONF", 1, []byte("no gzip")), piece(9, "CONF", 1, small)))
	f.Add([]byte("\x00\x00\x10OWRTDATA\x00\x00\x00\x01\xff\xff\xff\xff"))
	f.Add([]byte("\x00\x00\x04OWRT\x01\x00\x10OWRTCONF\x00\x00\x00\x01\x00\x96\x80\x00"))
	f.Fuzz(func(t *testing.T, pieces []byte) {
		b := assemble(pieces)
		seal(b)
		dev := &memory{b: b, erase: 4096}
		c, err := fstools.Read(dev)
		if n := 3 * len(b) / 4096; dev.reads > n+1 || dev.readBytes > int64(3*len(b)) {
			t.Fatalf("%d reads of %d bytes for a flash of %d", dev.reads, dev.readBytes, len(b))
		}
		if c == nil {
			if err == nil {
				t.Fatal("neither a chain nor an error")
			}
			return
		}
		if err != nil && !errors.Is(err, chain.ErrDamaged) && !errors.Is(err, fstools.ErrNone) || err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatal(err)
		}
		check(t, c, b)
	})
}

// piece returns an entry as a piece of a flash.
func piece(block byte, typ string, sequence uint32, content []byte) []byte {
	e := put(make([]byte, 4096), 0, typ, sequence, content)
	return append([]byte{block, 0, byte(len(e))}, e...)
}

// assemble lays pieces on erased flash: erase block, offset in it, length, data.
func assemble(pieces []byte) []byte {
	b := erased(16 * 4096)
	for len(pieces) > 3 {
		at := int(pieces[0]%16)*4096 + int(pieces[1])
		n := min(int(pieces[2]), len(pieces)-3)
		copy(b[at:], pieces[3:3+n])
		pieces = pieces[3+n:]
	}
	return b
}

// seal makes the MD5 of every header right that says a size that can be.
func seal(b []byte) {
	for off := 0; off < len(b); off += 4096 {
		h := b[off:]
		n := int(h[14])<<8 | int(h[15])
		if string(h[:4]) == "OWRT" && h[12] == 0 && h[13] == 0 && off+32+n <= len(b) {
			e := bytes.Clone(h[:32+n])
			put(b, off, string(e[4:8]), uint32(e[8])<<24|uint32(e[9])<<16|uint32(e[10])<<8|uint32(e[11]), e[32:])
		}
	}
}

// check checks what holds of every chain: its entries stand one behind the
// other, and what they hold can be read, or there is an error that says why.
func check(t testing.TB, c *fstools.Chain, b []byte) {
	t.Helper()
	end, blocks := int64(0), 0
	for i, e := range c.Entries() {
		last := i == len(c.Entries())-1
		if e.Offset < end || e.Size < 1 || e.Number != i+1 || e.Type != chain.TypeSnapshot && !last || e.Copy && e.Type != chain.TypeVolatile {
			t.Fatalf("entry %d: %+v", i, *e)
		}
		if end = e.Offset + 32 + e.Size; end > int64(len(b)) {
			t.Fatalf("entry %d ends behind the flash: %+v", i, *e)
		}
		blocks += e.Blocks
		p, err := c.Payload(e)
		if err == nil && p.Unpacked() < 1024 {
			t.Fatalf("a tar of %d bytes", p.Unpacked())
		}
	}
	for _, used := range c.Used() {
		if used {
			blocks--
		}
	}
	if blocks != 0 {
		t.Fatalf("the entries take %d erase blocks more than are in use", blocks)
	}
}
