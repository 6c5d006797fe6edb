package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// drawing is what a test reads of an SVG.
type drawing struct {
	title, desc string
	width       string
	texts       []string // in text elements
	tips        []string // titles of rectangles
	classes     map[string]int
	elements    map[string]int
}

// readSVG parses an SVG, and fails if it is no XML or not self-contained.
func readSVG(t *testing.T, image string) *drawing {
	t.Helper()
	d := &drawing{classes: map[string]int{}, elements: map[string]int{}}
	p := xml.NewDecoder(strings.NewReader(image))
	var path []string
	var text string
	var all, left float64
	for {
		left = 0
		token, err := p.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v:\n%s", err, image)
		}
		switch e := token.(type) {
		case xml.StartElement:
			path, text = append(path, e.Name.Local), ""
			d.elements[e.Name.Local]++
			if len(path) == 1 && (e.Name.Local != "svg" || e.Name.Space != "http://www.w3.org/2000/svg") {
				t.Errorf("the picture is a %+v", e.Name)
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "src" {
					t.Errorf("the picture has an attribute %s=%q", a.Name.Local, a.Value)
				}
				if a.Name.Local == "class" {
					d.classes[a.Value]++
				}
				if x, ok := attribute(a, "x"); ok {
					left = x
				}
				if n, ok := attribute(a, "width"); ok && len(path) > 1 && left+n > all {
					t.Errorf("a %s is %v wide at %v, the picture %v", e.Name.Local, n, left, all)
				}
				if n, ok := attribute(a, "width"); ok && len(path) == 1 {
					all = n
					d.width = a.Value
				}
			}
		case xml.CharData:
			text += string(e)
		case xml.EndElement:
			switch where := strings.Join(path, "/"); where {
			case "svg/title":
				d.title = text
			case "svg/desc":
				d.desc = text
			case "svg/text":
				d.texts = append(d.texts, text)
			case "svg/rect/title":
				d.tips = append(d.tips, text)
			}
			path = path[:len(path)-1]
		}
	}
	for _, not := range []string{"script", "image", "foreignObject", "use", "a", "iframe"} {
		if d.elements[not] > 0 {
			t.Errorf("the picture has a %s", not)
		}
	}
	if d.title == "" || d.desc == "" || d.elements["svg"] != 1 || strings.Contains(image, "url(") || strings.Contains(image, "@import") {
		t.Errorf("the picture has no title or no description, or needs another file:\n%s", image)
	}
	if !strings.Contains(image, "prefers-color-scheme:dark") {
		t.Error("the picture has no colours for the dark")
	}
	return d
}

// attribute returns the value of an attribute.
func attribute(a xml.Attr, name string) (n float64, ok bool) {
	n, err := strconv.ParseFloat(a.Value, 64)
	return n, err == nil && a.Name.Local == name
}

// hostile are texts that must not get out of where they stand.
var hostile = []string{
	`</text><script>alert(1)</script>`, `"><svg onload="x()">`, `'&amp;<!--`, `]]>`, "\x00\x01\x1f", "\xff\xfe", "a\nb", "\x1b[2J\x1b]0;x\a",
	"\u202eabc", "\ufffe\uffff", "&#0;", strings.Repeat("w", 500),
}

func TestSVGEscapes(t *testing.T) {
	for _, text := range hostile {
		s := newSVG(800, 100, text, text)
		s.rect(1, 2, 3, 4, "free", text)
		s.text(1, 2, "small", text)
		d := readSVG(t, string(s.end()))
		want := escaped(text)
		if d.title != want || d.desc != want || len(d.texts) != 2 || d.texts[1] != want || len(d.tips) != 1 || d.tips[0] != want {
			t.Errorf("%q: %+v", text, d)
		}
	}
}

func TestPictureFile(t *testing.T) {
	i := newImage(t, 1<<20)
	file := filepath.Join(i.dir, "map.svg")
	if out := i.must("map", "--svg", file); !strings.Contains(out, file) {
		t.Errorf("it says %q", out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out := i.must("map", "--svg", "-"); out != string(b) {
		t.Error("on standard output it is another picture")
	}
	readSVG(t, string(b))
	if out := i.must("map", "--dry-run", "--svg", file+".2"); !strings.Contains(out, "would be") {
		t.Errorf("a dry run says %q", out)
	}
	if _, err := os.Stat(file + ".2"); err == nil {
		t.Error("a dry run wrote a file")
	}
	if _, errs, code := i.run("map", "--svg", filepath.Join(i.dir, "nowhere", "x")); code != exitFailed || !strings.Contains(errs, "nowhere") {
		t.Errorf("into no directory: exit %d: %s", code, errs)
	}
}
