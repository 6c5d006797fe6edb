package json_test

import (
	std "encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"chainroot/json"
)

// everything has all that the package knows.
type everything struct {
	Bool    bool      `json:"bool"`
	Int     int       `json:"int"`
	Long    int64     `json:"long"`
	Float   float64   `json:"float"`
	Text    string    `json:"text"`
	Time    time.Time `json:"time"`
	Maybe   *int      `json:"maybe"`
	Inner   *inner    `json:"inner"`
	Inners  []inner   `json:"inners"`
	Texts   []string  `json:"texts"`
	Nested  [][]int64 `json:"nested"`
	Omitted string    `json:"omitted,omitempty"`
	inner
	hidden int
}

type inner struct {
	Name  string     `json:"name"`
	Since *time.Time `json:"since"`
}

func full() everything {
	seven, then := 7, time.Date(2024, 2, 29, 23, 59, 58, 123, time.FixedZone("", -5400))
	return everything{
		Bool: true, Int: math.MinInt, Long: math.MaxInt64, Float: -1234.000015, Text: "a\"\\/\b\f\n\r\t\x00\x7f<&>\u2028\u2029\xff\ufffd𝄞→",
		Time: then, Maybe: &seven, Inner: &inner{"inner", &then}, Inners: []inner{{}, {Name: "two"}}, Texts: []string{},
		Nested: [][]int64{{1, -2}, nil, {}}, Omitted: "not", inner: inner{Name: "embedded"},
	}
}

func TestWritesAsTheStandardDoes(t *testing.T) {
	values := []any{full(), &everything{}, []everything{}, []everything{{}, full()}, []string(nil), (*inner)(nil), "text", true, 0.000125}
	for b := range 256 {
		values = append(values, string([]byte{byte(b)}))
	}
	for _, v := range values {
		checkWritten(t, v)
	}
	anything := func(n int, long int64, yes bool, texts []string, raw []byte, seconds uint32) bool {
		v := full()
		v.Int, v.Long, v.Bool, v.Texts, v.Text = n, long, yes, texts, string(raw)
		v.Float = time.Duration(seconds).Seconds() + 0.001
		checkWritten(t, v)
		return !t.Failed()
	}
	if err := quick.Check(anything, nil); err != nil {
		t.Error(err)
	}
}

func checkWritten(t *testing.T, v any) {
	t.Helper()
	want, err := std.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Append([]byte("before "), v); err != nil || string(got) != "before "+string(want) {
		t.Errorf("got  %s (%v)\nwant before %s", got, err, want)
	}
	want, err = std.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.AppendLines(nil, v); err != nil || string(got) != string(want) {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}

func TestRefusesToWrite(t *testing.T) {
	for _, v := range []any{math.NaN(), math.Inf(-1), map[string]int{}, []any{1}, nil, struct {
		F func() `json:"f"`
	}{}} {
		if b, err := json.Append(nil, v); err == nil {
			t.Errorf("%v is written as %s", v, b)
		}
	}
}

func TestReadsWhatItWrites(t *testing.T) {
	want := full()
	text, err := json.Append(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	// What else stands in v stays, where the text says nothing of it.
	got := everything{hidden: 3, Texts: []string{"gone"}, Maybe: new(int)}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want.Text = strings.ToValidUTF8(want.Text, "\ufffd")
	want.hidden = 3
	utc(&want)
	utc(&got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What is refused, and the words that tell where and why.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                           `at byte 0, the end: a value is expected`,
		` `:                          `at byte 1, the end: a value is expected`,
		`[]`:                         `at byte 0, '[': an object is expected`,
		`{"bool": 1}`:                `at byte 9, '1': true or false is expected`,
		`{"bool": tru}`:              `at byte 9, 't': true is expected`,
		`{"int": 1.5}`:               `at byte 8, '1': a whole number is expected`,
		`{"int": 01}`:                `at byte 9, '1': a comma is expected, or }`,
		`{"int": "1"}`:               `at byte 8, '"': a whole number is expected`,
		`{"long": 1e3}`:              `at byte 9, '1': a whole number is expected`,
		`{"float": 1e999}`:           `at byte 10, '1': a number is expected`,
		`{"float": .5}`:              `at byte 10, '.': a number is expected`,
		`{"text": a}`:                `at byte 9, 'a': a string is expected`,
		`{"text": "a`:                `at byte 11, the end: the string has no end`,
		"{\"text\": \"\n\"}":         `at byte 10, '\n': it cannot stand in a string`,
		`{"text": "\x"}`:             `at byte 10, '\\': no escape that there is`,
		`{"text": "\u12G4"}`:         `at byte 10, '\\': no escape that there is`,
		`{"text": "\u+123"}`:         `at byte 10, '\\': no escape that there is`,
		`{"time": "yesterday"}`:      `at byte 9, '"': a time is expected, such as "2006-01-02T15:04:05Z"`,
		`{"time": 5}`:                `at byte 9, '5': a time is expected, such as "2006-01-02T15:04:05Z"`,
		`{"texts": ["a" "b"]}`:       `at byte 15, '"': a comma is expected, or ]`,
		`{"texts": ["a",]}`:          `at byte 15, ']': a string is expected`,
		`{"else": nil}`:              `at byte 9, 'n': null is expected`,
		`{"else": -}`:                `at byte 9, '-': a value is expected`,
		`{1: 2}`:                     `at byte 1, '1': a string is expected`,
		`{"int" 2}`:                  `at byte 7, '2': a colon is expected`,
		`{"int": 2} {}`:              `at byte 11, '{': nothing more is expected`,
		strings.Repeat(`[`, 101):     `at byte 0, '[': an object is expected`,
		`{"else":` + deep(100) + `}`: `at byte 108, ']': it is nested too deep`,
	} {
		err := json.Unmarshal([]byte(text), &everything{})
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
	if err := json.Unmarshal([]byte(`{"else":`+deep(99)+`}`), &everything{}); err != nil {
		t.Errorf("not so deep: %v", err)
	}
	if err := json.Unmarshal([]byte(`{}`), new(map[string]int)); err == nil {
		t.Error("a map can be read")
	}
}

func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// What is a time, and which, is what encoding/json says, but for what it takes that
// RFC 3339 does not have.
func TestTimes(t *testing.T) {
	texts := []string{"null", "5", `"`, `""`, `"\u0032000-01-01T00:00:00Z"`, `{"a":"2000-01-01T00:00:00Z"}`}
	for _, s := range []string{
		"2024-02-29T23:59:58Z", "2023-02-29T23:59:58Z", "2023-04-31T00:00:00Z", "2023-12-31T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
		"2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
		"2024-01-01T00:00:00", "2024-01-01t00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00z", "2024-01-01T00:00:00ZZ", "24-01-01T00:00:00Z",
		"2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.0000000019Z", "2024-01-01T00:00:00.12345678901234567890Z",
		"2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00-00:00", "2024-01-01T00:00:00+23:59", "2024-01-01T00:00:00-23:59", "2024-01-01T00:00:00+0000", "2024-01-01T00:00:00 00:00",
		"+024-01-01T00:00:00Z", "-024-01-01T00:00:00Z", "yesterday",
	} {
		texts = append(texts, `"`+s+`"`)
	}
	for _, s := range texts {
		got, want := time.Unix(1, 2), time.Unix(1, 2)
		err, stdErr := json.Unmarshal([]byte(s), &got), std.Unmarshal([]byte(s), &want)
		if (err == nil) != (stdErr == nil) || err == nil && !got.Equal(want) {
			t.Errorf("%s: got %v (%v), want %v (%v)", s, got, err, want, stdErr)
		}
		if _, offset := got.Zone(); err == nil {
			if _, o := want.Zone(); offset != o {
				t.Errorf("%s: %d seconds east, want %d", s, offset, o)
			}
		}
	}
	for _, s := range []string{"2024-01-01T0:00:00Z", "2024-01-01T00:00:00,1Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60"} {
		var got time.Time
		if err := json.Unmarshal([]byte(`"`+s+`"`), &got); err == nil {
			t.Errorf("%s is taken for %v", s, got)
		}
	}
}
