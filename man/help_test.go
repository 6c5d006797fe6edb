package man_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// program is snapshot, built for this host, and where it runs.
type program struct {
	t    *testing.T
	path string
	dir  string
}

// build builds the program.
func build(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir()}
	p.path = filepath.Join(p.dir, "snapshot")
	cmd := exec.Command("go", "build", "-o", p.path, "../snapshot")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return p
}

// run returns what the program prints.
func (p *program) run(args ...string) string {
	p.t.Helper()
	return p.onScreen(&exec.Cmd{Path: p.path, Args: append([]string{"snapshot"}, args...), Dir: p.dir})
}

// section returns the lines of a help text behind a line, up to an empty one.
func section(t *testing.T, help, title string) string {
	t.Helper()
	_, after, ok := strings.Cut("\n"+help, "\n"+title+"\n")
	if !ok {
		t.Fatalf("the help has no %q:\n%s", title, help)
	}
	text, _, _ := strings.Cut(after, "\n\n")
	return text
}

// commandNames returns those of the commands in the order of the help.
func commandNames(t *testing.T, help string) (names []string) {
	for line := range strings.Lines(section(t, help, "Commands:")) {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}

// commands writes what the program says of each of its commands.
func (p *page) commands(s *program) {
	p.macro("Bl", "-tag", "-width", "Ds")
	for _, name := range commandNames(s.t, s.run("help")) {
		text := s.run("help", name)
		usage, rest, _ := strings.Cut(text, "\n\n")
		rest, _, _ = strings.Cut(rest, "Flags of every command:\n")
		p.macro("It", usageMarked(strings.TrimPrefix(usage, "Usage: snapshot [FLAGS] ")))
		p.help(rest)
	}
	p.macro("El")
}

var (
	usageWord = regexp.MustCompile(`\\-[a-z\\-]+|[A-Z]+|[a-z]+`)
	column    = regexp.MustCompile(`^  (\S.*?)(?:  +(\S.*))?$`)
)

// usageMarked marks the words of a command line: what is typed bold, what stands for
// something italic.
func usageMarked(usage string) string {
	return usageWord.ReplaceAllStringFunc(escape(usage), func(word string) string {
		if strings.ToUpper(word) == word {
			return `\fI` + word + `\fP`
		}
		return `\fB` + word + `\fP`
	})
}

// help writes a help text: paragraphs, and rows of two columns as lists.
func (p *page) help(text string) {
	var words []string
	var rows []item
	first := true
	flush := func() {
		if len(words) > 0 {
			if !first {
				p.macro("Pp")
			}
			p.text(inline(strings.Join(words, " ")))
			first = false
		}
		if len(rows) > 0 {
			p.rows(rows)
			first = false
		}
		words, rows = nil, nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		c := column.FindStringSubmatch(line)
		switch {
		case line == "":
			flush()
		case c != nil:
			if len(words) > 0 {
				flush()
			}
			rows = append(rows, item{usageOrName(c[1]), c[2]})
		case strings.HasPrefix(line, "   ") && len(rows) > 0:
			rows[len(rows)-1].text += " " + strings.TrimSpace(line)
		default:
			if len(rows) > 0 {
				flush()
			}
			words = append(words, line)
		}
	}
	flush()
}

// rows writes the rows of a help text.
func (p *page) rows(rows []item) {
	for i := range rows {
		rows[i].text = inline(strings.TrimSpace(rows[i].text))
	}
	p.tagged(rows)
}

// usageOrName marks a flag, or else the name of something.
func usageOrName(key string) string {
	if strings.HasPrefix(key, "-") {
		return usageMarked(key)
	}
	return `\fB` + escape(key) + `\fP`
}

func TestHelpText(t *testing.T) {
	p := &page{}
	p.help(`Saves it. For
good.

What there is:
  a.d  all of
       it
  --to FILE  where
Then text.

  --label TEXT[=N]  a name

Short:
  a  one
  b  two
`)
	want := `Saves it.
For good.
.Pp
What there is:
.Bl -tag -width Ds
.It \fBa.d\fP
all of it
.It "\fB\-\-to\fP \fIFILE\fP"
where
.El
.Pp
Then text.
.Bl -tag -width Ds
.It "\fB\-\-label\fP \fITEXT\fP[=\fIN\fP]"
a name
.El
.Pp
Short:
.Pp
.Bl -tag -compact -width a
.It \fBa\fP
one
.It \fBb\fP
two
.El
`
	if p.String() != want {
		t.Errorf("it is\n%swant\n%s", p, want)
	}
	if got := usageMarked("[N | --undo] --no-reboot"); got != `[\fIN\fP | \fB\-\-undo\fP] \fB\-\-no\-reboot\fP` {
		t.Errorf("a usage is %s", got)
	}
}
