package main

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// escaped returns text that another has chosen, such as a label, as a terminal and
// a picture can show it: what does not print, or turns the direction of writing, is
// escaped as in Go.
func escaped(text string) string {
	plain := true
	for _, r := range text {
		if plain = strconv.IsPrint(r) && r != utf8.RuneError; !plain {
			break
		}
	}
	if plain {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[0])|0x100, 16)[1:])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		text = text[n:]
	}
	return b.String()
}

// clip returns text in n characters at the most.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
