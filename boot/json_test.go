package boot_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"

	"chainroot/boot"
)

// valid returns s as it comes back: each byte that is no UTF-8 is U+FFFD.
func valid(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

func full() boot.Report {
	return boot.Report{
		Version:  1,
		State:    boot.State{Snapshot: 2, Volatile: true, ID: strings.Repeat("ab", 32)},
		Asked:    "rollback=2",
		Layout:   boot.Stacked,
		Root:     "/dev/vda",
		Device:   "/dev/mtd0",
		Holds:    "chain",
		Repaired: true,
		Trial:    &boot.Trial{Entry: "snapshot 2", Hash: "02", Left: 2, Within: 600, GaveUp: "no init", Refused: "flash"},
		Entries: []boot.Entry{
			{Number: 1, Label: "first", Hash: "01", Stored: 1, Unpacked: 2, Microseconds: 3},
			{Number: 2, Volatile: true, Label: "", Hash: "02", Stored: math.MaxInt64, Unpacked: math.MinInt64, Microseconds: -1},
		},
		Skipped: []boot.Skipped{{What: "snapshot 2", Reason: "damaged"}, {}},
		Phases:  []boot.Phase{{Name: "kernel", Microseconds: 1234567}, {Name: "root"}},
		Init:    []string{"/sbin/init", "single", ""},
	}
}

func TestAppendJSON(t *testing.T) {
	tests := []struct {
		name   string
		report boot.Report
	}{
		{"full", full()},
		{"empty lists", boot.Report{Entries: []boot.Entry{}, Skipped: []boot.Skipped{}, Phases: []boot.Phase{}, Init: []string{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got boot.Report
			all := string(tt.report.AppendJSON([]byte("prefix")))
			text, ok := strings.CutPrefix(all, "prefix")
			if !ok {
				t.Fatal("what was in the slice is gone")
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			if !reflect.DeepEqual(got, tt.report) {
				t.Errorf("got %+v, want %+v", got, tt.report)
			}
		})
	}
}

// TestAppendJSONHasEveryField fails when a field is added to the report and
// not to AppendJSON: both spellings must be the same, byte for byte.
func TestAppendJSONHasEveryField(t *testing.T) {
	r := full()
	want, err := json.Marshal(&r)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.AppendJSON(nil); string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendJSONNilLists(t *testing.T) {
	text := string(new(boot.Report).AppendJSON(nil))
	if strings.Count(text, "null") != 1 || strings.Count(text, "[]") != 4 {
		t.Errorf("want four empty lists: %s", text)
	}
}

func TestAppendJSONAnyBytes(t *testing.T) {
	labels := []string{
		"", `"`, `\`, `\"`, "\x00\x01\x1f\x7f", "tab\tline\nreturn\r", "\xff", "\xc3", "a\xe2\x82z",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "héllo €𝄞", "\u2028\u2029", "</script>", "\ufffd", "\ufeff",
	}
	for b := 0; b < 256; b++ {
		labels = append(labels, string([]byte{byte(b)}))
	}
	check := func(label string) bool {
		r := boot.Report{Entries: []boot.Entry{{Label: label}}, Init: []string{label}, Skipped: []boot.Skipped{{What: label, Reason: label}}}
		text := r.AppendJSON(nil)
		var got boot.Report
		if err := json.Unmarshal(text, &got); err != nil {
			t.Errorf("label %q: %v in %q", label, err, text)
			return false
		}
		want := valid(label)
		if !utf8.Valid(text) || got.Entries[0].Label != want || got.Init[0] != want || got.Skipped[0].What != want || got.Skipped[0].Reason != want {
			t.Errorf("label %q came back as %q, want %q", label, got.Entries[0].Label, want)
			return false
		}
		return true
	}
	for _, l := range labels {
		check(l)
	}
	if err := quick.Check(func(b []byte) bool { return check(string(b)) }, nil); err != nil {
		t.Error(err)
	}
}
