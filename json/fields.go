package json

import (
	"reflect"
	"strings"
)

// field is a field of a struct under its name in JSON.
type field struct {
	name      string
	omitEmpty bool
	value     reflect.Value
}

// fields appends the fields of a struct, in order.
func fields(list []field, v reflect.Value) []field {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name != "":
			list = append(list, field{name, option == "omitempty", v.Field(i)})
		case f.Anonymous:
			list = fields(list, v.Field(i))
		}
	}
	return list
}

// find returns the field of a struct with a name, in upper or lower case; the zero
// Value if there is none.
func find(v reflect.Value, name string) reflect.Value {
	list := fields(nil, v)
	for _, f := range list {
		if f.name == name {
			return f.value
		}
	}
	for _, f := range list {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return reflect.Value{}
}
