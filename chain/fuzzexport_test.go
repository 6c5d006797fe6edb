package chain

import (
	"bytes"
	"crypto/sha256"
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
		if _, err := x.WriteTo(&again); err != nil || !bytes.Equal(again.Bytes(), b) {
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
