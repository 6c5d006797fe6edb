package man_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// page is a part of a manual page in the making, in mdoc(7).
type page struct {
	strings.Builder
}

// textWidth is how long lines of text become, in characters.
const textWidth = 76

// macro writes a line that is a request, with arguments that stand as they are.
func (p *page) macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, a := range args {
		p.WriteString(" " + quote(a))
	}
	p.WriteString("\n")
}

// quote makes one argument of a macro of what may have spaces, or be a macro itself.
func quote(arg string) string {
	if strings.ContainsAny(arg, " \t") || arg == "" {
		return `"` + arg + `"`
	}
	if len(arg) <= 3 && arg[0] >= 'A' && arg[0] <= 'Z' && arg != "Ds" {
		return `\&` + arg
	}
	return arg
}

// text writes running text: a sentence begins on a line of its own, as mdoc has it,
// and no line is a request.
func (p *page) text(marked string) {
	line := ""
	flush := func() {
		if line == "" {
			return
		}
		if line[0] == '.' || line[0] == '\'' {
			line = `\&` + line
		}
		p.WriteString(line + "\n")
		line = ""
	}
	for _, word := range strings.Fields(marked) {
		if line != "" && len(line)+1+len(word) > textWidth {
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
		if sentenceEnd.MatchString(word) {
			flush()
		}
	}
	flush()
}

var sentenceEnd = regexp.MustCompile(`[.!?](\\fP)?\)?$`)

// literal writes lines as they are.
func (p *page) literal(text string) {
	p.macro("Bd", "-literal")
	for line := range strings.Lines(text) {
		p.line(strings.TrimSuffix(line, "\n"))
	}
	p.macro("Ed")
}

// line writes a line as it is.
func (p *page) line(line string) {
	line = escape(line)
	if line != "" && (line[0] == '.' || line[0] == '\'') {
		line = `\&` + line
	}
	p.WriteString(line + "\n")
}

// escape returns text that means nothing to roff(7).
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r == '"':
			b.WriteString(`\(dq`)
		case r == '`':
			b.WriteString(`\(ga`)
		case r == '^':
			b.WriteString(`\(ha`)
		case r == '~':
			b.WriteString(`\(ti`)
		case r == '×':
			b.WriteString(`\(mu`)
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// inline returns a text with the marks of Markdown as one with those of roff: `code`
// bold, *emphasis* italic, links without where they lead to.
func inline(text string) string {
	text = link.ReplaceAllString(text, "$1")
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			b.WriteString(`\fB` + escape(part) + `\fP`)
			continue
		}
		b.WriteString(emphasis.ReplaceAllString(strings.ReplaceAll(escape(part), ` \- `, ` \(en `), `\fI$1\fP`))
	}
	return b.String()
}

var (
	link     = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`)
	emphasis = regexp.MustCompile(`\*([^* ][^*]*)\*`)
)

// item is a row of a list: what it is about, and what there is to say.
type item struct{ key, text string }

// tagged writes a list of items with their keys in front; keys and texts are marked.
// With short keys and texts it is close.
func (p *page) tagged(items []item) {
	width, short := "", true
	for _, i := range items {
		key := font.ReplaceAllString(i.key, "")
		if len(key) > len(width) {
			width = key
		}
		short = short && len(key) <= 10 && len(i.text) <= 70
	}
	if short {
		p.macro("Pp")
		p.macro("Bl", "-tag", "-compact", "-width", width)
	} else {
		p.macro("Bl", "-tag", "-width", "Ds")
	}
	for _, i := range items {
		p.macro("It", i.key)
		p.text(i.text)
	}
	p.macro("El")
}

var font = regexp.MustCompile(`\\f[BIP]`)

func TestEscape(t *testing.T) {
	for _, c := range []struct{ text, escaped, marked string }{
		{"plain", "plain", "plain"},
		{`a\b`, `a\eb`, `a\eb`},
		{"--try=5", `\-\-try=5`, `\-\-try=5`},
		{`say "x"`, `say \(dqx\(dq`, `say \(dqx\(dq`},
		{"`code -x`", `\(gacode \-x\(ga`, `\fBcode \-x\fP`},
		{"block *n* is", "block *n* is", `block \fIn\fP is`},
		{"2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4"},
		{"`*.tmp` and `*`", "\\(ga*.tmp\\(ga and \\(ga*\\(ga", `\fB*.tmp\fP and \fB*\fP`},
		{"see [there](a/b.md), or", "see [there](a/b.md), or", "see there, or"},
		{"1 … 2 × ─", `1 \[u2026] 2 \(mu \[u2500]`, `1 \[u2026] 2 \(mu \[u2500]`},
	} {
		if got := escape(c.text); got != c.escaped {
			t.Errorf("escape(%q) is %q, want %q", c.text, got, c.escaped)
		}
		if got := inline(c.text); got != c.marked {
			t.Errorf("inline(%q) is %q, want %q", c.text, got, c.marked)
		}
	}
}

func TestText(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"One. Two! (Three.) four", "One.\nTwo!\n(Three.)\nfour\n"},
		{".tmp is no request", "\\&.tmp is no request\n"},
		{"'tis none", "\\&'tis none\n"},
		{"a  b\nc", "a b c\n"},
		{long, strings.Repeat(strings.TrimSpace(strings.Repeat("word ", 15))+"\n", 2) + strings.TrimSpace(strings.Repeat("word ", 10)) + "\n"},
	} {
		p := &page{}
		p.text(c.text)
		if p.String() != c.want {
			t.Errorf("%q:\n%swant\n%s", c.text, p, c.want)
		}
	}
	p := &page{}
	p.literal("a\n.b\n\n'c\n")
	p.macro("It", "In", "two words", "plain")
	if want := ".Bd -literal\na\n\\&.b\n\n\\&'c\n.Ed\n.It \\&In \"two words\" plain\n"; p.String() != want {
		t.Errorf("%q, want %q", p, want)
	}
}
