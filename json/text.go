package json

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string. What is not UTF-8 in it, and half of a surrogate pair,
// becomes U+FFFD.
func (r *reader) str() (string, error) {
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return "", r.failed("a string is expected")
	}
	r.at++
	var s strings.Builder
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return s.String(), nil
		case c < ' ':
			return "", r.failed("it cannot stand in a string")
		case c == '\\':
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			s.WriteRune(char)
		default:
			char, size := utf8.DecodeRune(r.text[r.at:])
			s.WriteRune(char)
			r.at += size
		}
	}
	return "", r.failed("the string has no end")
}

// escape reads what begins with a backslash.
func (r *reader) escape() (rune, error) {
	if first, ok := r.hex(); ok {
		if !utf16.IsSurrogate(first) {
			return first, nil
		}
		before := r.at
		if second, ok := r.hex(); ok {
			if char := utf16.DecodeRune(first, second); char != utf8.RuneError {
				return char, nil
			}
		}
		r.at = before
		return utf8.RuneError, nil
	}
	if r.at+1 < len(r.text) {
		c := r.text[r.at+1]
		if c == '/' {
			r.at += 2
			return '/', nil
		}
		if i := strings.IndexByte(letters, c); i >= 0 {
			r.at += 2
			return rune(short[i]), nil
		}
	}
	return 0, r.failed("no escape that there is")
}

// hex reads \uXXXX, if that is next.
func (r *reader) hex() (rune, bool) {
	if r.at+6 > len(r.text) || string(r.text[r.at:r.at+2]) != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(string(r.text[r.at+2:r.at+6]), 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += 6
	return rune(n), true
}
