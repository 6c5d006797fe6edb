package flash_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"chainroot/flash"
)

// A shadow reads as the device would after the same operations, and the device
// stays as it is.
func TestShadow(t *testing.T) {
	const size, erase, write = 64 << 10, 4096, 64
	r := rand.New(rand.NewPCG(1, 2))
	was := make([]byte, size)
	for i := range was {
		was[i] = byte(r.Uint32())
	}
	open := func(name string, o flash.Options) flash.Device {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, was, 0o600); err != nil {
			t.Fatal(err)
		}
		o.EraseSize, o.WriteSize = erase, write
		d, err := flash.Open(path, &o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	real, below := open("real", flash.Options{}), open("below", flash.Options{ReadOnly: true})
	s := flash.NewShadow(below)
	next := map[int]int{} // where a block goes on, after its erase
	erases, programmed := 0, int64(0)
	for range 500 {
		block := r.IntN(size / erase)
		if at, ok := next[block]; ok && at < erase && r.IntN(4) > 0 {
			p := make([]byte, write*(1+r.IntN((erase-at)/write)))
			for i := range p {
				p[i] = byte(r.Uint32())
			}
			for _, d := range []flash.Device{real, s} {
				if err := d.Program(p, int64(block*erase+at)); err != nil {
					t.Fatal(err)
				}
			}
			next[block], programmed = at+len(p), programmed+int64(len(p))
			continue
		}
		for _, d := range []flash.Device{real, s} {
			if err := d.Erase(block); err != nil {
				t.Fatal(err)
			}
		}
		next[block], erases = 0, erases+1
		a, b := make([]byte, 3*erase), make([]byte, 3*erase)
		off := int64(r.IntN(size - len(a)))
		for d, p := range map[flash.Device][]byte{real: a, s: b} {
			if n, err := d.ReadAt(p, off); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
		}
		if !bytes.Equal(a, b) {
			t.Fatalf("the shadow differs behind %d", off)
		}
	}
	if s.Work != (flash.Work{Erases: erases, Programmed: programmed}) {
		t.Errorf("%+v, want %d erases, %d bytes", s.Work, erases, programmed)
	}
	now := make([]byte, size)
	if _, err := below.ReadAt(now, 0); err != nil || !bytes.Equal(now, was) {
		t.Errorf("the device below has changed (%v)", err)
	}
}

func TestShadowMarksBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, make([]byte, 16<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := flash.Open(path, &flash.Options{ReadOnly: true, EraseSize: 4096, WriteSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := flash.NewShadow(d)
	defer s.Close()
	if err := s.MarkBad(2); err != nil {
		t.Fatal(err)
	}
	for block := range 4 {
		if bad, err := s.IsBad(block); bad != (block == 2) || err != nil {
			t.Errorf("block %d: %v, %v", block, bad, err)
		}
	}
	if s.Erase(4) == nil || s.Erase(-1) == nil || s.Program(make([]byte, 2), 4095) == nil || s.Program([]byte{1}, 16<<10) == nil {
		t.Error("what is outside was taken")
	}
	// A part that is programmed keeps what is around it.
	if err := s.Program([]byte{7}, 5000); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 3)
	if _, err := s.ReadAt(b, 4999); err != nil || !bytes.Equal(b, []byte{0, 7, 0}) {
		t.Errorf("%v, %v", b, err)
	}
}
