package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"chainroot/chain/delta"
	"chainroot/sha256"
)

// maxPatch is the size of a file, in bytes, up to which lines are compared: both
// files are in memory for that, with what is said of them.
const maxPatch = 1 << 20

// patcher tells how files differ.
type patcher struct {
	*viewer
	from, to      *state
	before, after *delta.Tree
}

// change prints one change, with the lines that differ if there are some.
func (p *patcher) change(ch delta.Change) error {
	fmt.Fprintln(p.out, p.changeLine(ch, false))
	if ch.Dir {
		return nil
	}
	a, b := &text{name: "/dev/null"}, &text{name: "/dev/null"}
	var err error
	if ch.Kind != 'A' {
		if a, err = p.text("a/", p.from, p.before, ch.Path); err != nil {
			return err
		}
	}
	if ch.Kind != 'D' {
		if b, err = p.text("b/", p.to, p.after, ch.Path); err != nil {
			return err
		}
	}
	switch {
	case bytes.Equal(a.content, b.content):
		return nil // the attributes differ, or nothing is known of the one
	case a.binary || b.binary:
		_, err = fmt.Fprintln(p.out, "Binary files differ")
		return err
	}
	for line := range strings.Lines(string(diff.Diff(a.name, a.content, b.name, b.content))) {
		if _, err := io.WriteString(p.out, p.patchLine(line)); err != nil {
			return err
		}
	}
	return nil
}

// patchLine gives a line of a patch its colour.
func (p *patcher) patchLine(line string) string {
	text, end := strings.TrimSuffix(line, "\n"), "\n"
	switch {
	case strings.HasPrefix(text, "diff "), strings.HasPrefix(text, "--- "), strings.HasPrefix(text, "+++ "):
		return p.paint(text, bold) + end
	case strings.HasPrefix(text, "+"):
		return p.paint(text, green) + end
	case strings.HasPrefix(text, "-"):
		return p.paint(text, red) + end
	case strings.HasPrefix(text, "@@"):
		return p.paint(text, cyan) + end
	}
	return line
}

// text is a file to be compared by lines.
type text struct {
	name    string
	content []byte // of a symbolic link, its target
	binary  bool   // it has no lines, or too many; then content may be its hash
}

// text reads a file of a state. One that nothing is known of, and what is no file,
// is empty.
func (p *patcher) text(prefix string, st *state, tree *delta.Tree, path string) (*text, error) {
	t := &text{name: patchName(prefix + path)}
	f, err := p.find(st, tree, path)
	switch {
	case errors.Is(err, errNoFirmware), err == nil && f == nil:
		return t, nil
	case err != nil:
		return nil, err
	case f.mode&fs.ModeSymlink != 0:
		t.content = []byte(f.link)
		return t, nil
	case !f.mode.IsRegular():
		return t, nil
	}
	var b bytes.Buffer
	hash := sha256.New()
	var to io.Writer = &b
	if t.binary = f.size > maxPatch; t.binary {
		to = hash
	}
	if err := f.copy(to); err != nil {
		return nil, fmt.Errorf("cannot read %s of %s: %w", printable("/"+path), st.name, err)
	}
	if t.binary {
		t.content = hash.Sum(nil)
		return t, nil
	}
	t.content = b.Bytes()
	t.binary = bytes.IndexByte(t.content[:min(len(t.content), 8000)], 0) >= 0 // as git
	return t, nil
}

// patchName returns a name as patch and git take it from the head of a patch: in
// quotes and octal where it does not print, and else with a tab to end one with
// spaces.
func patchName(name string) string {
	if printable(name) == name {
		if strings.Contains(name, " ") {
			name += "\t"
		}
		return name
	}
	b := []byte{'"'}
	for _, c := range []byte(name) {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
