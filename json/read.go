package json

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// maxDepth is how many arrays and objects may stand in each other.
const maxDepth = 100

// Unmarshal reads b, which is one value, into what v points to. Of an object it takes the
// fields that v has, in upper or lower case, and leaves those alone that b does not
// name, or says null of. After an error v holds a part.
func Unmarshal(b []byte, v any) error {
	r := &reader{text: b}
	if err := r.value(reflect.ValueOf(v).Elem()); err != nil {
		return err
	}
	if r.space(); r.at < len(b) {
		return r.failed("nothing more is expected")
	}
	return nil
}

// reader is a place in a text.
type reader struct {
	text  []byte
	at    int
	depth int
}

// failed says what is wrong at the place, and what stands there.
func (r *reader) failed(wrong string) error {
	if r.at >= len(r.text) {
		return fmt.Errorf("at byte %d, the end: %s", r.at, wrong)
	}
	return fmt.Errorf("at byte %d, %q: %s", r.at, r.text[r.at], wrong)
}

// space goes on to what is none.
func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// take goes past a character if it stands there, after space or without.
func (r *reader) take(c byte) bool {
	r.space()
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// value reads the next value into v; the zero Value takes any, and forgets it.
func (r *reader) value(v reflect.Value) error {
	r.space()
	start := *r
	if !v.IsValid() || r.at == len(r.text) {
		return r.skip()
	}
	if r.text[r.at] == 'n' {
		if v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
			v.SetZero()
		}
		return r.word("null")
	}
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	if t, ok := v.Addr().Interface().(*time.Time); ok {
		if err := r.skip(); err != nil {
			return err
		}
		raw := strings.TrimPrefix(string(r.text[start.at:r.at]), `"`) // no escape is in a time
		read, ok := parseTime(strings.TrimSuffix(raw, `"`))
		if !ok {
			return start.failed("a time is expected, such as \"2006-01-02T15:04:05Z\"")
		}
		*t = read
		return nil
	}
	switch v.Kind() {
	case reflect.Bool:
		c := r.text[r.at]
		if c != 't' && c != 'f' {
			return r.failed("true or false is expected")
		}
		v.SetBool(c == 't')
		return r.skip()
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(string(r.number()), 10, v.Type().Bits())
		if err != nil {
			return start.failed("a whole number is expected")
		}
		v.SetInt(n)
		return nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(string(r.number()), 64)
		if err != nil {
			return start.failed("a number is expected")
		}
		v.SetFloat(f)
		return nil
	case reflect.String:
		s, err := r.str()
		v.SetString(s)
		return err
	case reflect.Slice:
		return r.list(v)
	case reflect.Struct:
		return r.object(v)
	}
	return fmt.Errorf("cannot read JSON into a %s", v.Kind())
}

// skip goes past the next value.
func (r *reader) skip() error {
	if r.at == len(r.text) {
		return r.failed("a value is expected")
	}
	switch r.text[r.at] {
	case '{':
		return r.object(reflect.Value{})
	case '[':
		return r.list(reflect.Value{})
	case '"':
		_, err := r.str()
		return err
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	}
	if len(r.number()) == 0 {
		return r.failed("a value is expected")
	}
	return nil
}

// word goes past true, false or null.
func (r *reader) word(w string) error {
	if end := r.at + len(w); end > len(r.text) || string(r.text[r.at:end]) != w {
		return r.failed(w + " is expected")
	}
	r.at += len(w)
	return nil
}

// number goes past a number and returns its text; "" if there is none.
func (r *reader) number() []byte {
	start := r.at
	digits := func() bool {
		first := r.at
		for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
			r.at++
		}
		return r.at > first
	}
	is := func(set ...byte) bool {
		for _, c := range set {
			if r.at < len(r.text) && r.text[r.at] == c {
				r.at++
				return true
			}
		}
		return false
	}
	is('-')
	ok := is('0') || digits()
	if ok && is('.') {
		ok = digits()
	}
	if ok && is('e', 'E') {
		is('+', '-')
		ok = digits()
	}
	if !ok {
		r.at = start
	}
	return r.text[start:r.at]
}
