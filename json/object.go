package json

import "reflect"

// object reads an object into a struct; the zero Value takes any.
func (r *reader) object(v reflect.Value) error {
	return r.elements('{', '}', "an object is expected", func(int) error {
		r.space()
		name, err := r.str()
		if err != nil {
			return err
		}
		if !r.take(':') {
			return r.failed("a colon is expected")
		}
		if !v.IsValid() {
			return r.value(v)
		}
		return r.value(find(v, name))
	})
}

// list reads an array into a slice; the zero Value takes any.
func (r *reader) list(v reflect.Value) error {
	var list reflect.Value
	if v.IsValid() {
		list = reflect.MakeSlice(v.Type(), 0, 0)
	}
	err := r.elements('[', ']', "an array is expected", func(i int) error {
		if !v.IsValid() {
			return r.value(v)
		}
		list = reflect.Append(list, reflect.Zero(v.Type().Elem()))
		return r.value(list.Index(i))
	})
	if v.IsValid() {
		v.Set(list)
	}
	return err
}

// elements reads what stands between brackets, with commas in between.
func (r *reader) elements(open, end byte, expected string, element func(i int) error) error {
	if !r.take(open) {
		return r.failed(expected)
	}
	if r.depth++; r.depth > maxDepth {
		return r.failed("it is nested too deep")
	}
	defer func() { r.depth-- }()
	if r.take(end) {
		return nil
	}
	for i := 0; ; i++ {
		if err := element(i); err != nil {
			return err
		}
		if r.take(end) {
			return nil
		}
		if !r.take(',') {
			return r.failed("a comma is expected, or " + string(rune(end)))
		}
	}
}
