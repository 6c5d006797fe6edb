package boot

import (
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the report as one JSON object (RFC 8259) and returns the
// longer slice. Strings may hold any bytes: what is not UTF-8 is written as
// U+FFFD. A list without elements is [], never null.
func (r *Report) AppendJSON(b []byte) []byte {
	b = appendInt(append(b, '{'), "version", int64(r.Version))
	b = r.State.appendJSON(appendName(append(b, ','), "state"))
	b = appendString(append(b, ','), "asked", r.Asked)
	b = appendString(append(b, ','), "layout", r.Layout)
	b = appendString(append(b, ','), "root", r.Root)
	b = appendString(append(b, ','), "device", r.Device)
	b = appendString(append(b, ','), "holds", r.Holds)
	b = appendBool(append(b, ','), "repaired", r.Repaired)
	b = r.Trial.appendJSON(appendName(append(b, ','), "trial"))
	b = appendList(append(b, ','), "entries", r.Entries, Entry.appendJSON)
	b = appendList(append(b, ','), "skipped", r.Skipped, Skipped.appendJSON)
	b = appendList(append(b, ','), "phases", r.Phases, Phase.appendJSON)
	b = appendList(append(b, ','), "init", r.Init, appendQuoted)
	return append(b, '}')
}

func (s State) appendJSON(b []byte) []byte {
	b = appendInt(append(b, '{'), "snapshot", int64(s.Snapshot))
	b = appendBool(append(b, ','), "volatile", s.Volatile)
	b = appendString(append(b, ','), "id", s.ID)
	return append(b, '}')
}

func (t *Trial) appendJSON(b []byte) []byte {
	if t == nil {
		return append(b, "null"...)
	}
	b = appendString(append(b, '{'), "entry", t.Entry)
	b = appendString(append(b, ','), "hash", t.Hash)
	b = appendInt(append(b, ','), "left", int64(t.Left))
	b = appendInt(append(b, ','), "within", t.Within)
	b = appendString(append(b, ','), "gaveUp", t.GaveUp)
	b = appendString(append(b, ','), "refused", t.Refused)
	return append(b, '}')
}

func (e Entry) appendJSON(b []byte) []byte {
	b = appendInt(append(b, '{'), "number", int64(e.Number))
	b = appendBool(append(b, ','), "volatile", e.Volatile)
	b = appendString(append(b, ','), "label", e.Label)
	b = appendString(append(b, ','), "hash", e.Hash)
	b = appendInt(append(b, ','), "stored", e.Stored)
	b = appendInt(append(b, ','), "unpacked", e.Unpacked)
	b = appendInt(append(b, ','), "microseconds", e.Microseconds)
	return append(b, '}')
}

func (s Skipped) appendJSON(b []byte) []byte {
	b = appendString(append(b, '{'), "what", s.What)
	b = appendString(append(b, ','), "reason", s.Reason)
	return append(b, '}')
}

func (p Phase) appendJSON(b []byte) []byte {
	b = appendString(append(b, '{'), "name", p.Name)
	b = appendInt(append(b, ','), "microseconds", p.Microseconds)
	return append(b, '}')
}

func appendName(b []byte, name string) []byte {
	return append(appendQuoted(name, b), ':')
}

func appendInt(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(appendName(b, name), n, 10)
}

func appendBool(b []byte, name string, v bool) []byte {
	return strconv.AppendBool(appendName(b, name), v)
}

func appendString(b []byte, name, s string) []byte {
	return appendQuoted(s, appendName(b, name))
}

func appendList[T any](b []byte, name string, list []T, element func(T, []byte) []byte) []byte {
	b = append(appendName(b, name), '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(e, b)
	}
	return append(b, ']')
}

// appendQuoted takes its arguments in the order of a method expression, so
// that it serves appendList.
func appendQuoted(s string, b []byte) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s { // an invalid byte ranges as U+FFFD
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&0xf])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
