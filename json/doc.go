// Package json writes and reads JSON (RFC 8259) as encoding/json does, for the types
// that snapshot prints and reads, in a fifth of the room.
//
// A value is a bool, an int, an int64, a float64, a string, a time.Time, or a
// struct, pointer or slice of such. A struct has the fields with a json tag, and those of
// structs embedded in it; of the options of a tag there is omitempty, and nil is null. What was
// written by the one package is read by the other, and of what both can write the
// bytes are the same.
//
// Read fields.go (what a struct has), write.go and quote.go, then read.go, object.go,
// text.go and time.go.
package json
