package json

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Append appends v in one line, without an end of line.
func Append(b []byte, v any) ([]byte, error) {
	w := writer{text: b}
	err := w.value(reflect.ValueOf(v))
	return w.text, err
}

// AppendLines appends v with a line for each field and element, indented by two
// spaces a level, without an end of line.
func AppendLines(b []byte, v any) ([]byte, error) {
	w := writer{text: b, lines: true}
	err := w.value(reflect.ValueOf(v))
	return w.text, err
}

// writer is what was written so far.
type writer struct {
	text  []byte
	lines bool
	depth int
}

func (w *writer) value(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		w.text = strconv.AppendBool(w.text, v.Bool())
	case reflect.Int, reflect.Int64:
		w.text = strconv.AppendInt(w.text, v.Int(), 10)
	case reflect.Float64:
		return w.float(v.Float())
	case reflect.String:
		w.text = appendQuoted(w.text, v.String())
	case reflect.Pointer, reflect.Slice:
		switch {
		case v.IsNil():
			w.text = append(w.text, "null"...)
		case v.Kind() == reflect.Pointer:
			return w.value(v.Elem())
		default:
			return w.list(v)
		}
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			w.text = append(t.AppendFormat(append(w.text, '"'), time.RFC3339Nano), '"')
			return nil
		}
		return w.object(v)
	default:
		return fmt.Errorf("cannot write a %s as JSON", v.Kind())
	}
	return nil
}

// float never takes an exponent: the numbers are seconds.
func (w *writer) float(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("cannot write %g as JSON", f)
	}
	w.text = strconv.AppendFloat(w.text, f, 'f', -1, 64)
	return nil
}

func (w *writer) list(v reflect.Value) error {
	w.open('[')
	for i := range v.Len() {
		w.next(i == 0)
		if err := w.value(v.Index(i)); err != nil {
			return err
		}
	}
	w.close(']', v.Len() == 0)
	return nil
}

func (w *writer) object(v reflect.Value) error {
	w.open('{')
	first := true
	for _, f := range fields(nil, v) {
		if f.omitEmpty && f.value.IsZero() {
			continue
		}
		w.next(first)
		first = false
		w.text = append(appendQuoted(w.text, f.name), ':')
		if w.lines {
			w.text = append(w.text, ' ')
		}
		if err := w.value(f.value); err != nil {
			return err
		}
	}
	w.close('}', first)
	return nil
}

func (w *writer) open(bracket byte) {
	w.text = append(w.text, bracket)
	w.depth++
}

// next comes before each element.
func (w *writer) next(first bool) {
	if !first {
		w.text = append(w.text, ',')
	}
	w.line()
}

func (w *writer) close(bracket byte, empty bool) {
	w.depth--
	if !empty {
		w.line()
	}
	w.text = append(w.text, bracket)
}

func (w *writer) line() {
	if !w.lines {
		return
	}
	w.text = append(w.text, '\n')
	for range w.depth {
		w.text = append(w.text, "  "...)
	}
}
