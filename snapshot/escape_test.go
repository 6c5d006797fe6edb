package main

import (
	"testing"
	"unicode/utf8"
)

func TestEscaped(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"plain", "first light", "first light"},
		{"other letters", "héllo €𝄞", "héllo €𝄞"},
		{"quotes and markup", `a"b'<i>&\`, `a"b'<i>&\`},
		{"colours", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"title of the window", "\x1b]0;x\a", `\x1b]0;x\a`},
		{"lines", "a\r\nb\tc", `a\r\nb\tc`},
		{"C1", "a\u009bb", `a\u009bb`},
		{"delete", "a\x7fb", `a\x7fb`},
		{"right to left", "a\u202eb\u2066", `a\u202eb\u2066`},
		{"zero width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"no character", "a\uffffb", `a\uffffb`},
		{"no UTF-8", "a\xff\xc3b", `a\xff\xc3b`},
		{"short byte", "\x80", `\x80`},
		{"replaced before", "a\ufffdb", "a\ufffdb"},
		{"replaced, then a byte", "\ufffd\n", "\ufffd\\n"},
	} {
		if got := escaped(c.text); got != c.want || !utf8.ValidString(got) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöüß", 3, "äö…"}, {"äöü", 3, "äöü"}, {"abc", 1, "…"},
	} {
		if got := clip(c.text, c.n); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"/etc/a b", "/etc/a b"},
		{`/etc/a\x1b`, `"/etc/a\\x1b"`},
		{"/etc/a\x1b", `"/etc/a\x1b"`},
		{"/etc/a\nb\"", `"/etc/a\nb\""`},
	} {
		if got := printable(c.name); got != c.want {
			t.Errorf("%q: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestEscapedTwice(t *testing.T) {
	for _, text := range hostile {
		if once := escaped(text); escaped(once) != once {
			t.Errorf("%q: %q, then %q", text, once, escaped(once))
		}
	}
}
