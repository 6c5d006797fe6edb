package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// svg is a picture in SVG 1.1 (W3C) that needs nothing else: no script, no font, no
// other file. Lengths are in pixels.
type svg struct {
	bytes.Buffer
}

// svgStyle has the colours of what fill names, for light and for dark screens: of
// entries six, in turn, and of the rest one each. They differ in brightness too.
const svgStyle = `
text{font:13px sans-serif;fill:#222}
.title{font-size:16px;font-weight:bold}
.small{font-size:11px}
.end{text-anchor:end}
.ground{fill:#fff}
.grid{stroke:#fff;stroke-width:2}
.entry0{fill:#4c9f38}.entry1{fill:#2f6db5}.entry2{fill:#a05fb4}
.entry3{fill:#17a2a2}.entry4{fill:#86b953}.entry5{fill:#6f8fd8}
.volatile{fill:#e0a800}.back{fill:#7a5230}.lost{fill:#9aa0a6}
.free{fill:#e4e7ea}.bad{fill:#c62828}
@media (prefers-color-scheme:dark){
text{fill:#e6e6e6}.ground{fill:#16181b}.grid{stroke:#16181b}
.free{fill:#30353a}.lost{fill:#767d85}.back{fill:#b58555}
}
`

// newSVG begins a picture. The title and the description are for those who cannot
// see it; the former stands in it, too.
func newSVG(width, height int, title, description string) *svg {
	s := &svg{}
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title description">`+"\n", width, height, width, height)
	fmt.Fprintf(s, "<title id=\"title\">%s</title>\n<desc id=\"description\">%s</desc>\n", xmlText(title), xmlText(description))
	fmt.Fprintf(s, "<style>%s</style>\n<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n", svgStyle, width, height)
	s.text(svgMargin, 26, "title", clip(escaped(title), width/11))
	return s
}

// svgMargin is what is left free at the sides.
const svgMargin = 16

// rect draws a rectangle that tells what it is to a pointer.
func (s *svg) rect(x, y, width, height float64, class, what string) {
	fmt.Fprintf(s, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" class="%s"><title>%s</title></rect>`+"\n", x, y, width, height, class, xmlText(what))
}

func (s *svg) line(x1, y1, x2, y2 float64) {
	fmt.Fprintf(s, `<path d="M%.2f %.2fL%.2f %.2f" class="grid"/>`+"\n", x1, y1, x2, y2)
}

func (s *svg) text(x, y float64, class, text string) {
	fmt.Fprintf(s, `<text x="%.2f" y="%.2f" class="%s">%s</text>`+"\n", x, y, class, xmlText(text))
}

func (s *svg) end() []byte {
	s.WriteString("</svg>\n")
	return s.Bytes()
}

// xmlEscapes are the characters that mean something in XML 1.0.
var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// xmlText returns text as XML: what does not print cannot stand in it at all.
func xmlText(text string) string { return xmlEscapes.Replace(escaped(text)) }

// picture writes an SVG to a file; "-" is standard output.
func (c *cli) picture(file string, image []byte) error {
	_, err := c.output(file, func(w io.Writer) error {
		_, err := w.Write(image)
		return err
	})
	if err != nil || file == "-" || c.dryRun {
		return err
	}
	_, err = fmt.Fprintf(c.out, "The picture is in %s.\n", file)
	return err
}

// svgHelp is what help says of the flag for a picture.
const svgHelp = `  --svg FILE  as a picture, in SVG, into FILE (-: standard output)
`
