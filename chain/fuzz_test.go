package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/pierrec/lz4/v4"

	"chainroot/flash"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// maxDecode is what decoding a header or a record may allocate, in bytes. What
// the fuzzer allocates meanwhile counts too.
const maxDecode = 64 << 10

// fit returns the first n bytes of b, filled up with 0xFF.
func fit(b []byte, n int) []byte {
	out := bytes.Repeat([]byte{0xFF}, n)
	copy(out, b)
	return out
}

// sealHeader makes magic and checksum of a header right.
func sealHeader(b []byte) {
	copy(b, headerMagic[:])
	binary.BigEndian.PutUint32(b[hSum:], crc32.ChecksumIEEE(b[:hSum]))
}

// sealRecord makes magic and checksum of a record right.
func sealRecord(b []byte) {
	copy(b, recordMagic[:])
	binary.BigEndian.PutUint32(b[rSum:], recordSum(b))
}

// impossible are sizes that no payload has.
var impossible = []int64{0, -1, -4096, -1 << 63, 1<<63 - 1, maxStored + 1}

// impossibleSizes lists scripts for edit that give the headers on a flash such
// sizes, or make their entries longer than what is left of it.
func impossibleSizes(s fuzzShape) (scripts [][]byte) {
	for block := range s.Blocks() {
		for _, n := range append([]int64{s.Size / 2, s.Size, maxStored}, impossible...) {
			scripts = append(scripts, binary.BigEndian.AppendUint64([]byte{0, byte(block), hStored, 8}, uint64(n)))
		}
	}
	return scripts
}

// FuzzHeader decodes anything: what is taken for a header is one byte for byte,
// and nothing computed from it is beyond the limits.
func FuzzHeader(f *testing.F) {
	for _, h := range []Header{
		{Type: TypeSnapshot, EraseSize: 4096, WriteSize: 1, Slots: 11, Number: 1, Stored: 1},
		{Type: TypeVolatile, EraseSize: 65536, WriteSize: 2048, Slots: 31, Number: 7, Serial: 9, Stored: 200_000, Unpacked: 900_000,
			Created: 1_700_000_000, Table: sha256.Sum256([]byte("table")), Prev: sha256.Sum256([]byte("prev")), Label: "a label"},
		{Type: TypeVolatile, EraseSize: flash.MaxEraseSize, WriteSize: flash.MaxWriteSize, Slots: 32, Number: 1<<31 - 1, Serial: 1<<32 - 1,
			Stored: maxStored, Unpacked: maxStored * maxRatio, Created: -1, Label: string(bytes.Repeat([]byte{0}, MaxLabel))},
	} {
		b := h.encode()
		f.Add(b, false)
		b[hStored]++
		f.Add(b, true)
		for _, n := range impossible {
			h.Stored = n
			f.Add(h.encode(), false)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		b = fit(b, HeaderSize)
		if seal {
			sealHeader(b)
		}
		raw := bytes.Clone(b)
		var h *Header
		var err error
		if n := allocated(func() { h, err = decodeHeader(b) }); n > maxDecode {
			t.Errorf("%d bytes were allocated", n)
		}
		if !bytes.Equal(raw, b) {
			t.Fatal("what was decoded has changed")
		}
		if err != nil {
			if !errors.Is(err, errNoHeader) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) || h != nil {
				t.Fatalf("%+v, %v", h, err)
			}
			return
		}
		if !bytes.Equal(h.encode(), b) {
			t.Fatalf("encoded again it is % x", h.encode())
		}
		l := h.layout()
		switch {
		case h.Type != TypeSnapshot && h.Type != TypeVolatile,
			h.EraseSize < flash.MinEraseSize, h.EraseSize > flash.MaxEraseSize,
			h.WriteSize < 1, h.WriteSize > flash.MaxWriteSize, h.EraseSize%h.WriteSize != 0,
			h.Slots < minSlots, h.Slots > maxSlots, h.Number < 1, len(h.Label) > MaxLabel,
			h.Stored < 1, h.Stored > maxStored, h.Unpacked < 0, h.Unpacked > maxStored*maxRatio:
			t.Fatalf("beyond the limits: %+v", h)
		case l.frame <= HeaderSize, l.frame-HeaderSize > maxStored/chunkSize*sha256.Size, l.slots < l.frame+h.Stored,
			l.slot < recordSize, l.slot%int64(h.WriteSize) != 0, l.blocks < 1,
			int64(l.blocks)*int64(h.EraseSize) < l.slots+int64(h.Slots+copySlots)*l.slot:
			t.Fatalf("an impossible layout: %+v", l)
		}
	})
}

// FuzzRecord decodes anything: what is taken for a record says the same when it
// is encoded again.
func FuzzRecord(f *testing.F) {
	for _, r := range []record{
		{kind: kindCommit, serial: 1, time: 1_700_000_000, entry: [16]byte{1, 2, 3}},
		{kind: kindPromote, flags: flagSnapshot, serial: 9, time: -1, label: "fixed"},
		{kind: kindRetire, flags: flagSnapshot | flagRetired, serial: 1<<32 - 1, lost: 1<<32 - 1, second: true, blocks: 7, label: string(make([]byte, MaxLabel))},
	} {
		f.Add(r.encode(), false)
		f.Add(r.encode(), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		b = fit(b, recordSize)
		if seal {
			sealRecord(b)
		}
		raw := bytes.Clone(b)
		var r record
		var ok bool
		if n := allocated(func() { r, ok = decodeRecord(b) }); n > maxDecode {
			t.Errorf("%d bytes were allocated", n)
		}
		if !bytes.Equal(raw, b) {
			t.Fatal("what was decoded has changed")
		}
		if !ok {
			if r != (record{}) {
				t.Fatalf("no record, but %+v", r)
			}
			return
		}
		if len(r.label) > MaxLabel || r.kind == 0 {
			t.Fatalf("beyond the limits: %+v", r)
		}
		again := r.encode()
		if back, ok := decodeRecord(again); !ok || back != r {
			t.Fatalf("encoded again it is %+v, was %+v", back, r)
		}
		if blank(b[rLabel+len(r.label):]) && !bytes.Equal(again, b) {
			t.Fatalf("encoded again it is % x", again)
		}
	})
}

// maxUnpack is what unpacking a payload may allocate, in bytes: the largest
// block of a frame is 8 MiB, and is in memory twice.
const maxUnpack = 32 << 20

// FuzzPayload commits anything as a payload, with hashes that hold: Tar gives
// out the bytes announced or an error that wraps ErrDamaged, and never more.
func FuzzPayload(f *testing.F) {
	compress := func(tar []byte, options ...lz4.Option) []byte {
		var b bytes.Buffer
		z := lz4.NewWriter(&b)
		if err := z.Apply(options...); err != nil {
			f.Fatal(err)
		}
		if _, err := z.Write(tar); err != nil {
			f.Fatal(err)
		}
		if err := z.Close(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	text := []byte("a tar, a tar, a tar, and something else")
	for _, tar := range [][]byte{nil, text, bytes.Repeat([]byte("x"), 3000)} {
		n := uint32(len(tar))
		f.Add(compress(tar), n)
		f.Add(compress(tar), n+1)
		f.Add(compress(tar), n/2)
		f.Add(compress(tar, lz4.ChecksumOption(true), lz4.BlockChecksumOption(true), lz4.SizeOption(uint64(n))), n)
		f.Add(compress(tar, lz4.LegacyOption(true)), n)
		f.Add(append(compress(tar), compress(text)...), n)
		f.Add(append(append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00skip"), compress(tar)...), 0), n)
	}
	f.Add(compress(make([]byte, 300_000), lz4.BlockSizeOption(lz4.Block64Kb)), uint32(300_000))
	f.Fuzz(func(t *testing.T, frame []byte, unpacked uint32) {
		if len(frame) == 0 || len(frame) > 2*chunkSize {
			return
		}
		p := &Payload{frame: frame, unpacked: min(int64(unpacked), int64(len(frame))*maxRatio)}
		for from := 0; from < len(frame); from += chunkSize {
			sum := sha256.Sum256(frame[from:min(from+chunkSize, len(frame))])
			p.table = append(p.table, sum[:]...)
		}
		dev := newFuzzDevice(flash.Geometry{Size: int64(len(frame)/4096+16) * 4096, EraseSize: 4096, WriteSize: 1})
		c, err := Open(dev)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WriteVolatile(p, "", time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		e := c.Volatile()
		if e == nil || c.Verify(e) != nil {
			t.Fatal("the entry does not hold")
		}
		read := func(piece int) (got int64, sum uint32, err error) {
			n := allocated(func() {
				var r io.Reader
				if r, err = c.Tar(e); err == nil {
					got, sum, err = readTar(r, piece, e.Unpacked)
				}
			})
			if n > maxUnpack {
				t.Errorf("%d bytes were allocated for %d of payload", n, len(frame))
			}
			return got, sum, err
		}
		got, sum, err := read(64 << 10)
		switch {
		case got > e.Unpacked:
			t.Fatalf("more than the %d bytes announced: %v", e.Unpacked, err)
		case err == nil && got != e.Unpacked:
			t.Fatalf("%d bytes, announced are %d", got, e.Unpacked)
		case err != nil && !errors.Is(err, ErrDamaged):
			t.Fatalf("%v does not wrap ErrDamaged", err)
		}
		if got < 64<<10 {
			again, sumAgain, errAgain := read(7)
			if (err == nil) != (errAgain == nil) || err == nil && (again != got || sumAgain != sum) {
				t.Fatalf("in pieces of 7 bytes: %d bytes, %v; before: %d bytes, %v", again, errAgain, got, err)
			}
		}
	})
}

// readTar reads a tar to its end in pieces, and gives up when more than limit
// bytes came out. It returns how many there were, and their checksum.
func readTar(r io.Reader, piece int, limit int64) (n int64, sum uint32, err error) {
	buf := make([]byte, piece)
	for n <= limit && err == nil {
		var got int
		got, err = r.Read(buf)
		n += int64(got)
		sum = crc32.Update(sum, crc32.IEEETable, buf[:got])
	}
	if err == io.EOF {
		err = nil
	}
	return n, sum, err
}
