package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"chainroot/flash"
)

// TestHeaderOffsets pins every offset that FORMAT.md names, by hand.
func TestHeaderOffsets(t *testing.T) {
	h := &Header{
		Type: TypeVolatile, EraseSize: 0x10000, WriteSize: 0x800, Slots: 31, Number: 7, Serial: 9,
		Stored: 0x123456, Unpacked: 0x234567, Created: 0x65432100,
		Table: sha256.Sum256([]byte("table")), Prev: sha256.Sum256([]byte("prev")), Label: "a label",
	}
	b := h.encode()
	be := binary.BigEndian
	for _, c := range []struct {
		field string
		got   any
		want  any
	}{
		{"size", len(b), 256},
		{"magic", string(b[0:8]), "CHAINRT\n"},
		{"version", be.Uint16(b[8:]), uint16(1)},
		{"type", b[10], byte(2)},
		{"coding", b[11], byte(1)},
		{"erase block", be.Uint32(b[12:]), uint32(0x10000)},
		{"write unit", be.Uint32(b[16:]), uint32(0x800)},
		{"record slots", be.Uint16(b[20:]), uint16(31)},
		{"label length", be.Uint16(b[22:]), uint16(7)},
		{"number", be.Uint32(b[24:]), uint32(7)},
		{"serial", be.Uint32(b[28:]), uint32(9)},
		{"stored", be.Uint64(b[32:]), uint64(0x123456)},
		{"unpacked", be.Uint64(b[40:]), uint64(0x234567)},
		{"created", be.Uint64(b[48:]), uint64(0x65432100)},
		{"table hash", Hash(b[56:88]), h.Table},
		{"prev", Hash(b[88:120]), h.Prev},
		{"label", string(b[120:127]), "a label"},
		{"rest of the label and reserved", strings.Trim(string(b[127:252]), "\x00"), ""},
		{"checksum", be.Uint32(b[252:]), crc32.ChecksumIEEE(b[:252])},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.field, c.got, c.want)
		}
	}
	back, err := decodeHeader(b)
	if err != nil || *back != *h {
		t.Errorf("decoded %+v, %v", back, err)
	}
}

func TestRecordOffsets(t *testing.T) {
	of := Hash(sha256.Sum256([]byte("entry")))
	r := record{kind: kindPromote, flags: flagSnapshot, second: true, serial: 9, lost: 3, time: 0x65432100, entry: [16]byte(of[:16]), label: "fixed", blocks: 5}
	b := r.encode()
	be := binary.BigEndian
	for _, c := range []struct {
		field string
		got   any
		want  any
	}{
		{"size", len(b), 128},
		{"magic", string(b[0:4]), "REC1"},
		{"kind", b[4], byte(2)},
		{"flags", b[5], byte(0x81)},
		{"label length", be.Uint16(b[6:]), uint16(5)},
		{"serial", be.Uint32(b[8:]), uint32(9)},
		{"lost", be.Uint32(b[12:]), uint32(3)},
		{"time", be.Uint64(b[16:]), uint64(0x65432100)},
		{"entry", hex.EncodeToString(b[24:40]), hex.EncodeToString(of[:16])},
		{"checksum", be.Uint32(b[40:]), crc32.ChecksumIEEE(append(append([]byte(nil), b[:40]...), b[44:]...))},
		{"label", string(b[44:49]), "fixed"},
		{"rest of the label", blank(b[49:124]), true},
		{"blocks", be.Uint32(b[124:]), uint32(5)},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.field, c.got, c.want)
		}
	}
	if back, ok := decodeRecord(b); !ok || back != r || !back.of(of) {
		t.Errorf("decoded %+v, %v", back, ok)
	}
	if back, _ := decodeRecord(b); back.of(Hash{}) {
		t.Error("a record of another entry is taken for one of this")
	}
}

// TestTrialOffsets pins what a record says of a trial, by hand.
func TestTrialOffsets(t *testing.T) {
	trial := Trial{Left: 3, Within: 0x010203 * time.Second}
	for _, c := range []struct {
		name        string
		r           record
		kind, flags byte
		trial       bool
	}{
		{"commit", trial.on(record{kind: kindCommit}), 1, 0x10, true},
		{"try", trial.on(record{kind: kindTry, flags: flagSnapshot}), 7, 0x11, true},
		{"attempt", trial.on(record{kind: kindAttempt, flags: flagSnapshot}), 8, 0x11, true},
		{"confirm", record{kind: kindConfirm, flags: flagSnapshot}, 9, 0x01, false},
		{"fail", record{kind: kindFail, flags: flagTrial | flagRetired, lost: 1, label: "why"}, 10, 0x12, false},
	} {
		b := c.r.encode()
		if b[4] != c.kind || b[5] != c.flags {
			t.Errorf("%s: kind %d, flags %#x, want %d, %#x", c.name, b[4], b[5], c.kind, c.flags)
		}
		if got := hex.EncodeToString(b[12:16]); c.trial && got != "03010203" {
			t.Errorf("%s: boots and seconds are %s", c.name, got)
		}
		r, ok := decodeRecord(b)
		if !ok || r != c.r {
			t.Errorf("%s: decoded %+v, %v", c.name, r, ok)
		}
		if got, on := (&records{last: r}).onTrial(); on != c.trial || on && got != trial {
			t.Errorf("%s: on trial %v: %+v", c.name, on, got)
		}
	}
	if b := (&record{kind: kindFail, label: "why"}).encode(); string(b[44:47]) != "why" {
		t.Error("the reason is not where the label is")
	}
}

// TestLayout pins where the parts of an entry stand: the examples of FORMAT.md.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		erase, write int
		stored       int64
		want         layout
	}{
		{65536, 1, 1000, layout{frame: 288, slots: 61440, slot: 128, blocks: 1, nSlots: 32}},
		{65536, 4096, 1000, layout{frame: 288, slots: 4096, slot: 4096, blocks: 1, nSlots: 15}},
		{65536, 1, 200_000, layout{frame: 384, slots: 258_048, slot: 128, blocks: 4, nSlots: 32}},
		{126976, 2048, 126976, layout{frame: 320, slots: 188_416, slot: 2048, blocks: 2, nSlots: 32}},
		{4096, 4096, 1, layout{frame: 288, slots: 4096, slot: 4096, blocks: 15, nSlots: 14}},
	} {
		g := flash.Geometry{Size: 1 << 30, EraseSize: c.erase, WriteSize: c.write}
		if got := plan(g, c.stored); got != c.want {
			t.Errorf("%d bytes on %d/%d: %+v, want %+v", c.stored, c.erase, c.write, got, c.want)
		}
		h := Header{EraseSize: c.erase, WriteSize: c.write, Stored: c.stored, Slots: c.want.nSlots}
		if got := h.layout(); got != c.want {
			t.Errorf("read back: %+v, want %+v", got, c.want)
		}
	}
}

// TestFormatNamesEveryField compares the numbers in FORMAT.md's tables with the
// constants.
func TestFormatNamesEveryField(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (\d+) \| ([a-z -]+) \|`)
	var got []string
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		got = append(got, m[1]+" "+m[2]+" "+m[3])
	}
	want := strings.Split(strings.TrimSpace(`
0 8 magic
8 2 version
10 1 type
11 1 coding
12 4 erase block
16 4 write unit
20 2 record slots
22 2 label length
24 4 number
28 4 serial
32 8 stored
40 8 unpacked
48 8 created
56 32 table
88 32 prev
120 80 label
200 52 reserved
252 4 checksum
0 4 magic
4 1 kind
5 1 flags
6 2 label length
8 4 serial
12 4 lost
16 8 time
24 16 entry
40 4 checksum
44 80 label
124 4 blocks
0 8 magic
8 2 version
10 1 flags
11 1 reserved
12 4 entries
16 32 base`), "\n")
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("FORMAT.md has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
