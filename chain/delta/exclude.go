package delta

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Exclude is a list of patterns as in gitignore(5).
type Exclude struct{ patterns []pattern }

// pattern is one line.
type pattern struct {
	line     int      // its number, from 1
	text     string   // as it stands there
	segments []string // of the path, between the slashes; "**" is any number of them
	negated  bool     // takes back what an earlier line excludes
	dirOnly  bool
}

// ParseExclude reads patterns in the syntax of gitignore(5), one per line, at
// most MaxPattern bytes each.
func ParseExclude(r io.Reader) (*Exclude, error) {
	e := &Exclude{}
	s := bufio.NewScanner(r)
	s.Buffer(nil, MaxPattern)
	s.Split(scanLines)
	for n := 1; s.Scan(); n++ {
		line := s.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if p, ok := parsePattern(line); ok {
			p.line, p.text = n, line
			e.patterns = append(e.patterns, p)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("cannot read the patterns: %w", err)
	}
	return e, nil
}

// scanLines is bufio.ScanLines, but a carriage return belongs to the pattern, as
// in git.
func scanLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// parsePattern takes a line apart; false: it holds no pattern.
func parsePattern(line string) (pattern, bool) {
	var p pattern
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	// Spaces at the end count only behind a backslash.
	for strings.HasSuffix(line, " ") {
		rest := strings.TrimRight(line[:len(line)-1], "\\")
		if backslashes := len(line) - 1 - len(rest); backslashes%2 == 1 {
			break
		}
		line = line[:len(line)-1]
	}
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.dirOnly = strings.CutSuffix(line, "/")
	if line == "" {
		return p, false
	}
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	p.segments = splitSegments(line)
	for i, s := range p.segments {
		if len(s) > 2 && strings.Trim(s, "*") == "" {
			p.segments[i] = "**" // as git: three stars are two
		}
	}
	if !anchored {
		p.segments = append([]string{"**"}, p.segments...)
	}
	return p, true
}

// splitSegments splits a pattern at its slashes; one in brackets is none, and
// one behind a backslash is one like any other.
func splitSegments(p string) []string {
	var all []string
	start := 0
	for i := 0; i < len(p); {
		switch p[i] {
		case '/':
			all = append(all, p[start:i])
			i++
			start = i
		case '[':
			width, _ := matchBracket(p[i:], 0)
			i += max(width, 1)
		case '\\':
			if strings.HasPrefix(p[i:], "\\/") {
				p = p[:i] + p[i+1:]
			} else {
				i += min(2, len(p)-i)
			}
		default:
			i++
		}
	}
	return append(all, p[start:])
}

// Match reports whether path is excluded: relative, with slashes, none in front
// or at the end; dir: it is a directory. What lies in an excluded directory is
// excluded, whatever a later line says.
func (e *Exclude) Match(path string, dir bool) bool { return e.find(path, dir) != nil }

// find returns the pattern that excludes path, or nil.
func (e *Exclude) find(path string, dir bool) *pattern {
	if e == nil || len(e.patterns) == 0 {
		return nil
	}
	names := strings.Split(path, "/")
	for i := 1; i < len(names); i++ {
		if p := e.match(names[:i], true); p != nil {
			return p
		}
	}
	return e.match(names, dir)
}

// match asks the patterns alone: the last one that matches decides.
func (e *Exclude) match(names []string, dir bool) *pattern {
	for i := len(e.patterns) - 1; i >= 0; i-- {
		p := &e.patterns[i]
		if (dir || !p.dirOnly) && matchPath(p.segments, names) {
			if p.negated {
				return nil
			}
			return p
		}
	}
	return nil
}

// reaches reports whether a pattern could match something in the directory at
// path, though not the directory.
func (e *Exclude) reaches(path string) bool {
	if e == nil {
		return false
	}
	names := strings.Split(path, "/")
	for i := range e.patterns {
		if p := &e.patterns[i]; !p.negated && p.reaches(names) {
			return true
		}
	}
	return false
}

// reaches is that of Exclude, for one pattern.
func (p *pattern) reaches(names []string) bool {
	for i, name := range names {
		switch {
		case i >= len(p.segments):
			return false
		case p.segments[i] == "**":
			return true
		case !matchName(p.segments[i], name):
			return false
		}
	}
	return len(p.segments) > len(names)
}

// matchPath matches the segments of a pattern with the names of a path. After
// "**" it tries each later name, going back only to the last "**": what an
// earlier one could take up, the last can as well.
func matchPath(segments, names []string) bool {
	s, n := 0, 0
	backS, backN := -1, 0
	for n < len(names) {
		switch {
		case s < len(segments) && segments[s] == "**":
			if s == len(segments)-1 {
				return true // "a/**" is all inside of a, and a name is left
			}
			s++
			backS, backN = s, n
		case s < len(segments) && matchName(segments[s], names[n]):
			s++
			n++
		case backS >= 0:
			backN++
			s, n = backS, backN
		default:
			return false
		}
	}
	return s == len(segments)
}

// matchName matches one segment, with *, ?, [...] and backslash, with one name,
// byte by byte. It goes back only to the last star, for the same reason.
func matchName(p, name string) bool {
	i, n := 0, 0
	backI, backN := -1, 0
	for n < len(name) {
		if i < len(p) && p[i] == '*' {
			i++
			backI, backN = i, n
			continue
		}
		if i < len(p) {
			width, ok := matchByte(p[i:], name[n])
			if width == 0 {
				return false
			}
			if ok {
				i += width
				n++
				continue
			}
		}
		if backI < 0 {
			return false
		}
		backN++
		i, n = backI, backN
	}
	return strings.Trim(p[i:], "*") == ""
}

// matchByte matches one byte with the beginning of p, and returns how long that
// beginning is. 0: p is broken and matches nothing.
func matchByte(p string, c byte) (width int, ok bool) {
	switch p[0] {
	case '?':
		return 1, true
	case '\\':
		if len(p) == 1 {
			return 0, false
		}
		return 2, p[1] == c
	case '[':
		return matchBracket(p, c)
	}
	return 1, p[0] == c
}

// matchBracket matches one byte with a bracket expression: ranges, classes, "!"
// or "^" for the opposite, and a "]" in the first place stands for itself.
func matchBracket(p string, c byte) (width int, ok bool) {
	i := 1
	negated := i < len(p) && (p[i] == '!' || p[i] == '^')
	if negated {
		i++
	}
	found := false
	for first := true; ; first = false {
		if i >= len(p) {
			return 0, false
		}
		if p[i] == ']' && !first {
			return i + 1, found != negated
		}
		if strings.HasPrefix(p[i:], "[:") {
			if end := strings.IndexByte(p[i+2:], ']'); end > 0 && p[i+2+end-1] == ':' {
				in, known := matchClass(p[i+2:i+2+end-1], c)
				if !known {
					return 0, false
				}
				found = found || in
				i += 2 + end + 1
				continue
			}
		}
		low, n := bracketByte(p[i:])
		if n == 0 {
			return 0, false
		}
		i += n
		high := low
		if i+1 < len(p) && p[i] == '-' && p[i+1] != ']' {
			if high, n = bracketByte(p[i+1:]); n == 0 {
				return 0, false
			}
			i += 1 + n
		}
		found = found || c == low || low <= c && c <= high // as git: "z-a" holds z
	}
}

// bracketByte reads one byte of a bracket expression, and how long it is.
func bracketByte(p string) (c byte, width int) {
	if p[0] != '\\' {
		return p[0], 1
	}
	if len(p) == 1 {
		return 0, 0
	}
	return p[1], 2
}

// matchClass asks whether c is in a POSIX class, in the C locale.
func matchClass(class string, c byte) (in, known bool) {
	lower := 'a' <= c && c <= 'z'
	upper := 'A' <= c && c <= 'Z'
	digit := '0' <= c && c <= '9'
	graph := '!' <= c && c <= '~'
	switch class {
	case "alnum":
		return lower || upper || digit, true
	case "alpha":
		return lower || upper, true
	case "blank":
		return c == ' ' || c == '\t', true
	case "cntrl":
		return c < ' ' || c == 0x7f, true
	case "digit":
		return digit, true
	case "graph":
		return graph, true
	case "lower":
		return lower, true
	case "print":
		return graph || c == ' ', true
	case "punct":
		return graph && !lower && !upper && !digit, true
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r', true
	case "upper":
		return upper, true
	case "xdigit":
		return digit || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F', true
	}
	return false, false
}
