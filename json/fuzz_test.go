package json_test

import (
	"bytes"
	std "encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"chainroot/boot"
	"chainroot/json"
)

// FuzzUnmarshal takes the same texts as encoding/json and reads the same from them:
// the report of a boot is in RAM, where anything may have written to it.
func FuzzUnmarshal(f *testing.F) {
	report := boot.Report{Version: 1, Trial: &boot.Trial{Left: 2}, Entries: []boot.Entry{{Label: "a <label>"}}, Init: []string{"/sbin/init"}}
	f.Add(report.AppendJSON(nil))
	text, err := json.AppendLines(nil, full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, s := range []string{`{"Int":-0,"TEXTS":[null,"\ud834\udd1e\ud834\/"]}`, `{"inner":null,"else":[1.5e+3,true,{"a":"\uDC00"}]}`,
		`{"nested":[[1],[],null]}`, "{\"text\":\"\xff\xc3\"}", `{"time":"2024-02-30T00:00:00Z"}`, `[01]`, `{"int":1,"int":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		compare[boot.Report](t, text)
		compare[everything](t, text)
	})
}

func compare[T any](t *testing.T, text []byte) {
	var got, want T
	err, stdErr := json.Unmarshal(text, &got), std.Unmarshal(text, &want)
	if e, ok := any(&got).(*everything); ok {
		utc(e)
		utc(any(&want).(*everything))
	}
	switch {
	case err != nil && stdErr == nil && (strings.HasSuffix(err.Error(), "nested too deep") || strings.Contains(err.Error(), "a time is expected")):
		// encoding/json goes deeper, and takes times that RFC 3339 does not have.
	case (err == nil) != (stdErr == nil):
		t.Fatalf("got error %v, encoding/json %v", err, stdErr)
	case err == nil && !repeats(text) && !reflect.DeepEqual(got, want):
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

// utc makes times comparable: a zone without a name is another pointer.
func utc(e *everything) {
	e.Time = e.Time.UTC()
	since := []**time.Time{&e.Since}
	if e.Inner != nil {
		since = append(since, &e.Inner.Since)
	}
	for i := range e.Inners {
		since = append(since, &e.Inners[i].Since)
	}
	for _, t := range since {
		if *t != nil {
			u := (*t).UTC()
			*t = &u
		}
	}
}

// repeats reports whether an object has a name twice. encoding/json leaves what the
// first array under it had in the elements of the second.
func repeats(text []byte) bool {
	d := std.NewDecoder(bytes.NewReader(text))
	found := false
	var value func()
	value = func() {
		token, _ := d.Token()
		names := map[string]bool{}
		for open := token == std.Delim('{'); (open || token == std.Delim('[')) && d.More(); value() {
			if open {
				name, _ := d.Token()
				folded := strings.ToUpper(strings.ToLower(name.(string)))
				found = found || names[folded]
				names[folded] = true
			}
		}
		if _, ok := token.(std.Delim); ok {
			d.Token()
		}
	}
	value()
	return found
}
