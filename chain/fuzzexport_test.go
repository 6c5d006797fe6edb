package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"chainroot/flash"
	"chainroot/flash/sim"
)

// FuzzExport reads exports that anybody may have made: with sealed, the hash at
// their end is right. What is taken is what it was, written again, and can be
// imported; what is not says why, and nothing is allocated that was only announced.
func FuzzExport(f *testing.F) {
	g := flash.Geometry{Size: 64 * 4096, EraseSize: 4096, WriteSize: 16}
	chain := func(t testing.TB, contents ...string) *Chain {
		c, err := Open(sim.New(g))
		if err != nil {
			t.Fatal(err)
		}
		for i, content := range contents {
			w := NewPayloadWriter()
			io.WriteString(w, content)
			p, err := w.Finish()
			if err == nil {
				err = c.WriteVolatile(p, "label", time.Unix(1, 0))
			}
			if err == nil && i+1 < len(contents) {
				err = c.Promote("pushed", time.Unix(2, 0))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	for _, contents := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "c"}} {
		c := chain(f, contents...)
		var b bytes.Buffer
		if err := c.Export(&b, c.Entries()); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), false)
		f.Add(b.Bytes()[:b.Len()-sha256.Size], true)
	}
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if sealed {
			sum := sha256.Sum256(b)
			b = append(bytes.Clone(b), sum[:]...)
		}
		c := chain(t)
		var x *Export
		var err error
		if n := allocated(func() { x, err = c.ReadExport(bytes.NewReader(b)) }); n > uint64(16*len(b)+maxDecode) {
			t.Errorf("%d bytes allocated for %d", n, len(b))
		}
		var room *NoRoomError
		switch {
		case errors.Is(err, ErrExport), errors.Is(err, ErrDamaged), errors.Is(err, ErrVersion), errors.As(err, &room):
			return
		case err != nil:
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := x.Encode(&again); err != nil || !bytes.Equal(again.Bytes(), b) {
			t.Errorf("written again it is another one (%v)", err)
		}
		n, err := c.Import(x, true, time.Unix(3, 0))
		switch {
		case errors.As(err, &room):
		case err != nil || n != len(x.Entries) || len(c.Entries()) != n:
			t.Errorf("%d of %d entries were added: %v", n, len(x.Entries), err)
		}
	})
}

// TestExportOffsets pins every offset of an export that FORMAT.md names, by hand.
func TestExportOffsets(t *testing.T) {
	w := NewPayloadWriter()
	io.WriteString(w, "content")
	p, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	h := Header{Type: TypeVolatile, EraseSize: 4096, WriteSize: 16, Slots: 14, Number: 2, Serial: 5,
		Stored: p.Stored(), Unpacked: p.Unpacked(), Table: p.hash(), Prev: sha256.Sum256([]byte("prev")), Label: "in the header"}
	x := &Export{Base: sha256.Sum256([]byte("base")), Any: true, Entries: []Parcel{{Header: h, Label: "a label", Snapshot: true, Payload: p}}}
	var out bytes.Buffer
	if err := x.Encode(&out); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	be := binary.BigEndian
	body := b[:len(b)-32]
	for _, c := range []struct {
		field     string
		got, want any
	}{
		{"magic", string(b[0:8]), "CHAINEX\n"},
		{"version", be.Uint16(b[8:]), uint16(1)},
		{"flags", b[10], byte(1)},
		{"reserved", b[11], byte(0)},
		{"entries", be.Uint32(b[12:]), uint32(1)},
		{"base", Hash(b[16:48]), x.Base},
		{"header", string(b[48:304]), string(h.encode())},
		{"flags of the entry", b[304], byte(1)},
		{"label length", b[305], byte(7)},
		{"label", string(b[306:313]), "a label"},
		{"chunk table", Hash(b[313:345]), Hash(sha256.Sum256(p.frame))},
		{"payload", string(body[345:]), string(p.frame)},
		{"hash", Hash(b[len(b)-32:]), Hash(sha256.Sum256(body))},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.field, c.got, c.want)
		}
	}
	same := h
	same.EraseSize, same.WriteSize, same.Slots, same.Prev = 0, 0, 0, x.Base
	if h.lineage(x.Base) != Hash(sha256.Sum256(same.encode())) {
		t.Error("the lineage is another one")
	}
}
