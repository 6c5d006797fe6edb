package delta

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		sec  int64
		nsec uint32
		text string
	}{
		{0, 0, "0"}, {1, 0, "1"}, {1, 500000000, "1.5"}, {1234567890, 1, "1234567890.000000001"},
		{-1, 0, "-1"}, {-1, 500000000, "-0.5"}, {-2, 500000000, "-1.5"}, {-1, 999999999, "-0.000000001"}, {1 << 40, 10, "1099511627776.00000001"},
	} {
		if got := formatTime(test.sec, test.nsec); got != test.text {
			t.Errorf("formatTime(%d, %d) = %s, want %s", test.sec, test.nsec, got, test.text)
		}
		sec, nsec, err := parseTime([]byte(test.text))
		if sec != test.sec || nsec != test.nsec || err != nil {
			t.Errorf("parseTime(%s) = %d, %d, %v", test.text, sec, nsec, err)
		}
	}
	for _, bad := range []string{"", "-", ".", "x", "1.x", "--1", "1e5", "99999999999999999999"} {
		if _, _, err := parseTime([]byte(bad)); err == nil {
			t.Errorf("parseTime(%q) is no error", bad)
		}
	}
	if _, nsec, err := parseTime([]byte("1.0000000019999")); nsec != 1 || err != nil {
		t.Errorf("%d, %v", nsec, err)
	}
}

func TestNumbers(t *testing.T) {
	f := field{0, 12}
	for text, want := range map[string]int64{
		"00000000644\x00": 0o644, "        644 ": 0o644, "644\x00\x00\x00\x00\x00\x00\x00\x00\x00": 0o644, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": 0,
		"777777777777": 1<<36 - 1,
		"\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00": 256, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe": -2,
		"\x80\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00": 1 << 62,
	} {
		if got, err := f.number([]byte(text)); got != want || err != nil {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"0000000064x\x00", "00 00000644\x00", "-0000000644\x00", "\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", "\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if n, err := f.number([]byte(bad)); err == nil {
			t.Errorf("%q is %d", bad, n)
		}
	}
}

// What appendRecords writes, parseRecords reads; a record knows its own length.
func TestRecords(t *testing.T) {
	for n := range 2000 { // the length of the length changes at 10, 100 and 1000
		b := appendRecords(nil, []record{{"b", "2"}, {"a", strings.Repeat("\n", n)}})
		var got []record
		if err := parseRecords(b, func(k, v []byte) error { got = append(got, record{string(k), string(v)}); return nil }); err != nil {
			t.Fatal(err)
		}
		if want := []record{{"a", strings.Repeat("\n", n)}, {"b", "2"}}; !slices.Equal(got, want) {
			t.Fatalf("%d bytes: %q", n, got)
		}
	}
}

// The header's offsets, byte for byte.
func TestHeaderBytes(t *testing.T) {
	var b bytes.Buffer
	w := newWriter(&b)
	e := &entry{path: "dev/x", kind: blockDevice, Attr: Attr{Mode: 0o4755, UID: 1, GID: 2097152, Sec: 3, Nsec: 4, Xattrs: []Xattr{{"user.a=%", "\x00"}}}, major: 8, minor: 9}
	if err := errors.Join(w.header(e), w.end(), w.close()); err != nil {
		t.Fatal(err)
	}
	got := b.Bytes()
	if len(got) != 5*512 {
		t.Fatalf("%d bytes", len(got))
	}
	records := "31 SCHILY.xattr.user.a%3D%25=\x00\n" + "15 gid=2097152\n" + "21 mtime=3.000000004\n"
	for _, f := range []struct {
		off  int
		want string
	}{
		{0, "././@PaxHeader\x00"}, {124, "00000000103\x00"}, {156, "x"}, {257, "ustar\x0000"}, {512, records + "\x00"},
		{1024, "dev/x\x00"}, {1124, "0004755\x000000001\x000000000\x0000000000000\x0000000000003\x00"}, {1024 + 156, "4\x00"},
		{1024 + 257, "ustar\x0000\x00"}, {1024 + 329, "0000010\x000000011\x00\x00"}, {1536, string(make([]byte, 1024))},
	} {
		if s := string(got[f.off : f.off+len(f.want)]); s != f.want {
			t.Errorf("at %d: %q, want %q", f.off, s, f.want)
		}
	}
}

// What the writer writes, the reader reads.
func TestCodec(t *testing.T) {
	name := rapid.StringOfN(rapid.SampledFrom([]rune("a=%\n é")), 1, 30, 100)
	rapid.Check(t, func(t *rapid.T) {
		e := &entry{path: strings.Repeat(name.Draw(t, "dir")+"/", rapid.IntRange(0, 6).Draw(t, "depth")) + name.Draw(t, "name"),
			kind: rapid.SampledFrom([]kind{regular, directory, symlink, charDevice, blockDevice, fifo}).Draw(t, "kind")}
		e.Mode = rapid.Uint32Range(0, 0o7777).Draw(t, "mode")
		e.UID = rapid.Uint32Range(0, MaxID).Draw(t, "uid")
		e.GID = rapid.Uint32Range(0, MaxID).Draw(t, "gid")
		e.Sec = rapid.Int64Range(-1<<40, 1<<40).Draw(t, "sec")
		e.Nsec = rapid.Uint32Range(0, 999999999).Draw(t, "nsec")
		for i, n := range slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(name, 0, 3).Draw(t, "xattrs")))) {
			e.Xattrs = append(e.Xattrs, Xattr{n, rapid.StringN(0, 20, 600).Draw(t, "value") + "\x00"[:i%2]})
		}
		var data []byte
		switch e.kind {
		case symlink:
			e.link = rapid.StringMatching(`[^\x00]{1,150}`).Draw(t, "target")
		case charDevice, blockDevice:
			e.major, e.minor = 1+rapid.Uint32Range(0, MaxMajor-1).Draw(t, "major"), rapid.Uint32Range(0, MaxMinor).Draw(t, "minor")
		case directory:
			e.opaque = rapid.Bool().Draw(t, "opaque")
		case regular:
			data = rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "data")
			e.size = int64(len(data))
			if rapid.Bool().Draw(t, "sparse") {
				e.runs = []run{{4096, e.size}}
				if e.size == 0 {
					e.runs = []run{}
				}
				e.size += 1 << 33
			}
		}
		var b bytes.Buffer
		w := newWriter(&b)
		if err := errors.Join(w.header(e), w.data(data), w.end(), w.close()); err != nil {
			t.Fatal(err)
		}
		if w.n != int64(b.Len()) || b.Len()%blockSize != 0 {
			t.Fatalf("%d bytes, the writer says %d", b.Len(), w.n)
		}
		r := newReader(&b)
		got, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if got.path != e.path || got.kind != e.kind || !got.Attr.equal(&e.Attr) || got.link != e.link || got.size != e.size ||
			got.major != e.major || got.minor != e.minor || got.opaque != e.opaque {
			t.Fatalf("wrote %+v, read %+v", e, got)
		}
		var content []byte
		if err := r.content(got, func(_ int64, p []byte) error { content = append(content, p...); return nil }); err != nil || !bytes.Equal(content, data) {
			t.Fatalf("%d bytes of data, want %d, %v", len(content), len(data), err)
		}
		if _, err := r.next(); err != io.EOF {
			t.Fatal(err)
		}
	})
}

// The sum of a file does not depend on how it was cut into pieces, nor on what
// of its zeros was written; and it depends on all else.
func TestContentSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := make([]byte, rapid.IntRange(0, 5*grain).Draw(t, "size"))
		for range rapid.IntRange(0, 4).Draw(t, "bytes") {
			if len(content) > 0 {
				content[rapid.IntRange(0, len(content)-1).Draw(t, "at")] = 1
			}
		}
		var whole, pieces contentSum
		whole.reset()
		whole.write(0, content)
		want := whole.sum(int64(len(content)))
		pieces.reset()
		for off := 0; off < len(content); {
			n := rapid.IntRange(1, len(content)-off).Draw(t, "piece")
			if p := content[off : off+n]; len(bytes.Trim(p, "\x00")) > 0 || rapid.Bool().Draw(t, "written") {
				pieces.write(int64(off), p)
			}
			off += n
		}
		if got := pieces.sum(int64(len(content))); got != want {
			t.Fatalf("%x, want %x", got, want)
		}
		if len(content) > 0 {
			content[rapid.IntRange(0, len(content)-1).Draw(t, "flip")] ^= 2
			whole.reset()
			whole.write(0, content)
			if whole.sum(int64(len(content))) == want {
				t.Fatal("other content, the same sum")
			}
		}
		whole.reset()
		if whole.sum(int64(len(content))+1) == want {
			t.Fatal("another size, the same sum")
		}
	})
}

// A file with too many holes keeps the larger ones.
func TestRunLimit(t *testing.T) {
	var l runList
	l.reset()
	data := []byte{1}
	block := append(slices.Repeat(data, 1), make([]byte, grain-1)...)
	off := int64(0)
	for i := range MaxRuns * 3 {
		l.add(off, block)
		if off += 2 * grain; i%10 == 9 {
			off += 64 * grain
		}
	}
	if len(l.runs) > MaxRuns || len(l.runs) < MaxRuns*3/10 {
		t.Errorf("%d runs", len(l.runs))
	}
	if _, err := checkRuns("x", l.runs, off, l.data); err != nil {
		t.Error(err)
	}
	if last := l.runs[len(l.runs)-1]; last.end() > math.MaxInt64/2 || last.end() < off-200*grain {
		t.Errorf("the last run is %+v", last)
	}
}
