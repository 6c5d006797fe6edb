package man_test

import (
	"regexp"
	"strings"
	"testing"
)

// block is a part of a document in the Markdown that is in use here.
type block struct {
	kind  string // heading, text, list, numbers, code, table
	level int    // of a heading
	text  string // of a heading, a text, code
	items []string
	rows  [][]string // of a table, with its head
}

var (
	heading = regexp.MustCompile(`^(#+) (.*)$`)
	bullet  = regexp.MustCompile(`^(-|[0-9]+\.) +(.*)$`)
	row     = regexp.MustCompile(`^ {0,3}\|(.*)\|$`)
)

// markdown takes a document apart.
func markdown(document string) (blocks []block) {
	var open *block // takes lines that follow
	for line := range strings.Lines(document) {
		line = strings.TrimRight(line, "\n")
		switch h, b, r := heading.FindStringSubmatch(line), bullet.FindStringSubmatch(line), row.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "    ") && (open == nil || open.kind == "code"):
			if open == nil {
				blocks = append(blocks, block{kind: "code"})
				open = &blocks[len(blocks)-1]
			}
			open.text += line[4:] + "\n"
		case line == "":
			open = nil
		case h != nil:
			blocks = append(blocks, block{kind: "heading", level: len(h[1]), text: h[2]})
			open = nil
		case r != nil:
			if open == nil || open.kind != "table" {
				blocks = append(blocks, block{kind: "table"})
				open = &blocks[len(blocks)-1]
			}
			var cells []string
			for _, cell := range strings.Split(r[1], "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			if strings.Trim(strings.Join(cells, ""), "-: ") != "" {
				open.rows = append(open.rows, cells)
			}
		case b != nil && (open == nil || len(open.items) > 0): // no number that ends a sentence
			kind := "numbers"
			if b[1] == "-" {
				kind = "list"
			}
			if last := len(blocks) - 1; last < 0 || blocks[last].kind != kind {
				blocks = append(blocks, block{kind: kind})
			}
			open = &blocks[len(blocks)-1]
			open.items = append(open.items, b[2])
		case open != nil && len(open.items) > 0:
			open.items[len(open.items)-1] += " " + strings.TrimSpace(line)
		default:
			if open == nil || open.kind != "text" {
				blocks = append(blocks, block{kind: "text"})
				open = &blocks[len(blocks)-1]
			}
			open.text += line + " "
		}
	}
	return blocks
}

// table returns the rows of the table of a document whose head begins with a word,
// without the head.
func table(t *testing.T, document, head string) [][]string {
	t.Helper()
	for _, b := range markdown(document) {
		if b.kind == "table" && b.rows[0][0] == head {
			return b.rows[1:]
		}
	}
	t.Fatalf("there is no table of a %s", head)
	return nil
}

// document writes a document as a part of a page: each of its headings is one below a
// section. The name of the document itself is left out.
func (p *page) document(document string) {
	fresh := true // a paragraph begins by itself
	for _, b := range markdown(document) {
		began := fresh
		fresh = false
		switch b.kind {
		case "heading":
			if fresh = true; b.level > 1 {
				p.macro("Ss", escape(b.text))
			}
		case "text":
			if !began {
				p.macro("Pp")
			}
			p.text(inline(b.text))
		case "code":
			p.literal(b.text)
		case "list", "numbers":
			kind := map[string]string{"list": "-bullet", "numbers": "-enum"}[b.kind]
			p.macro("Bl", kind)
			for _, i := range b.items {
				p.macro("It")
				p.text(inline(i))
			}
			p.macro("El")
		case "table":
			p.table(b.rows, began)
		}
	}
}

// wideCell is how wide a column may be in a row of columns, in characters.
const wideCell = 24

// table writes a table: in columns where all but the last are narrow, else as a list.
func (p *page) table(rows [][]string, began bool) {
	widths, wide := widths(rows)
	if wide {
		p.tagged(listed(rows))
		return
	}
	if !began {
		p.macro("Pp")
	}
	p.macro("Bl", append([]string{"-column", "-compact"}, widths...)...)
	for n, cells := range rows {
		p.WriteString(".It")
		for _, cell := range cells[:len(cells)-1] {
			p.WriteString(" " + quote(head(n, inline(cell))) + " Ta")
		}
		p.WriteString("\n")
		p.text(head(n, inline(cells[len(cells)-1])))
	}
	p.macro("El")
}

// widths returns the longest cell of each column but the last, and whether one of those
// is wide.
func widths(rows [][]string) (longest []string, wide bool) {
	longest = make([]string, len(rows[0]))
	for _, cells := range rows {
		for i, cell := range cells[:len(cells)-1] {
			if cell = escape(strings.Trim(cell, "`")); len(cell) > len(longest[i]) {
				longest[i] = cell
			}
			wide = wide || len(cell) > wideCell
		}
	}
	longest[len(longest)-1] = "x"
	return longest, wide
}

// listed returns the rows of a table as those of a list. Where there are only two
// columns the head is one of them; else it stands in front of each cell.
func listed(rows [][]string) (items []item) {
	if len(rows[0]) == 2 {
		for n, r := range rows {
			items = append(items, item{head(n, inline(r[0])), head(n, inline(r[1]))})
		}
		return items
	}
	for _, r := range rows[1:] {
		var text []string
		for i, cell := range r[1:] {
			text = append(text, head(0, inline(rows[0][i+1]))+": "+inline(cell))
		}
		items = append(items, item{inline(r[0]), strings.Join(text, "; ")})
	}
	return items
}

// head marks a cell in the first row.
func head(row int, marked string) string {
	if row == 0 && marked != "" {
		return `\fI` + marked + `\fP`
	}
	return marked
}

func TestMarkdown(t *testing.T) {
	p := &page{}
	p.document(`# The name

First, over
two lines. Second.

Another *one*, bit
4. More.

## A heading

    code  -x
      more

- one
  goes on
- two

1. first
2. second

| a | b |
| --- | --- |
| 1 | long |

| a thing | what is to be done |
| --- | --- |
| something that is longer than a column | much |

| a thing | where | size |
| --- | --- | --- |
| this | somewhere behind all the others | 1 |
`)
	want := `First, over two lines.
Second.
.Pp
Another \fIone\fP, bit 4.
More.
.Ss "A heading"
.Bd -literal
code  \-x
  more
.Ed
.Bl -bullet
.It
one goes on
.It
two
.El
.Bl -enum
.It
first
.It
second
.El
.Pp
.Bl -column -compact a x
.It \fIa\fP Ta
\fIb\fP
.It 1 Ta
long
.El
.Bl -tag -width Ds
.It "\fIa thing\fP"
\fIwhat is to be done\fP
.It "something that is longer than a column"
much
.El
.Pp
.Bl -tag -compact -width this
.It this
\fIwhere\fP: somewhere behind all the others; \fIsize\fP: 1
.El
`
	if p.String() != want {
		t.Errorf("it is\n%swant\n%s", p, want)
	}
	if rows := table(t, "text\n\n   | x | y |\n   | --- | --- |\n   | 1 | 2 |\n", "x"); len(rows) != 1 || rows[0][1] != "2" {
		t.Errorf("the table is %q", rows)
	}
}
