package json

import (
	"strings"
	"unicode/utf8"
)

// short are the characters with an escape of one letter, and these letters.
const short = "\"\\\b\f\n\r\t"
const letters = `"\bfnrt`

// appendQuoted appends a string of any bytes: what is not UTF-8 becomes U+FFFD. It
// can stand in HTML, and in a program in JavaScript.
func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i, r := range s {
		if at := strings.IndexRune(short, r); at >= 0 {
			b = append(b, '\\', letters[at])
			continue
		}
		invalid := false
		if r == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(s[i:])
			invalid = size == 1
		}
		if r < ' ' || r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029' || invalid {
			b = append(b, '\\', 'u', digits[r>>12], digits[r>>8&0xf], digits[r>>4&0xf], digits[r&0xf])
			continue
		}
		b = utf8.AppendRune(b, r)
	}
	return append(b, '"')
}
