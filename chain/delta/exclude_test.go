package delta_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"pgregory.net/rapid"
)

func TestExclude(t *testing.T) {
	for _, test := range []struct {
		name, patterns string
		in, out        string // paths, by spaces; a "/" at the end: a directory
	}{
		{"nothing", "", "", "a a/ a/b"},
		{"comment and blank", "# a\n\n\t\n", "", "a #"},
		{"escaped comment", `\#a`, "#a b/#a", "a"},
		{"anywhere", "a", "a a/ b/a b/c/a/ a/b", "ab ba b"},
		{"anchored", "/a", "a a/b", "b/a"},
		{"anchored by a slash within", "a/b", "a/b a/b/c", "c/a/b b"},
		{"directory only", "a/", "a/ b/a/ a/b", "a b/a"},
		{"star", "*.log", "x.log a/.log", "x.logs a.log.b"},
		{"star stops at a slash", "/a/*/c", "a/b/c", "a/c a/b/b/c"},
		{"three stars are two", "***/a", "a b/a a/b/a", "b/ab"},
		{"question mark", "a?c", "abc axc", "ac a/c abbc"},
		{"bracket", "[a-c]x[!0-9][]]", "axy] cx-]", "dxy] ax1] axy"},
		{"class", "[[:digit:]x]", "1 x", "a :"},
		{"unclosed bracket", "[ab", "", "a b [ab"},
		{"leading double star", "**/a", "a b/a b/c/a", "ab"},
		{"trailing double star", "a/**", "a/b a/b/c", "a a/"},
		{"middle double star", "a/**/b", "a/b a/c/b a/c/d/b", "b a/c"},
		{"double star in a name", "a**b", "ab axxb", "a/b"},
		{"again", "*.conf\n!keep.conf", "a.conf", "keep.conf b/keep.conf"},
		{"last one decides", "a\n!a\na", "a", ""},
		{"not out of an excluded directory", "a/\n!a/b", "a/ a/b", "b"},
		{"escaped exclamation mark", `\!a`, "!a", "a"},
		{"escaped star", `\*`, "*", "a"},
		{"backslash at the end", `a\`, "", `a a\`},
		{"space at the end", "a \nb\\ ", "a b\x01", "b"},
		{"carriage return", "a\r", "", "a"},
		{"no newline at the end", "a\nb", "a b", ""},
		{"byte order mark", "\ufeffa", "a", ""},
		{"only a slash", "/\n!\n//", "", "a a/"},
		{"escaped slash", `a\/b`, "a/b", "c/a/b"},
		{"slash behind an escaped backslash", `a\\/b`, `a\/b`, "a/b"},
		{"slash in brackets", "[a-/b]x", "bx", "a/x"},
		{"not UTF-8", "\xff?", "\xff\xfe", "\xff"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := delta.ParseExclude(strings.NewReader(test.patterns))
			must(t, err)
			check := func(paths string, want bool) {
				for p := range strings.FieldsSeq(paths) {
					p, dir := strings.CutSuffix(strings.ReplaceAll(p, "\x01", " "), "/")
					if got := e.Match(p, dir); got != want {
						t.Errorf("Match(%q, %v) = %v", p, dir, got)
					}
				}
			}
			check(test.in, true)
			check(test.out, false)
		})
	}
}

func TestExcludeLimit(t *testing.T) {
	if _, err := delta.ParseExclude(strings.NewReader(strings.Repeat("a", delta.MaxPattern+1))); err == nil {
		t.Error("a line without end is accepted")
	}
	var e *delta.Exclude
	if e.Match("a", true) {
		t.Error("no list excludes something")
	}
}

// Stars must not make matching exponential.
func TestExcludeTime(t *testing.T) {
	e, err := delta.ParseExclude(strings.NewReader(strings.Repeat("*a", 100) + "\n" + strings.Repeat("**/a/", 100) + "b\n"))
	must(t, err)
	if e.Match(strings.Repeat("a", 255)+"b", false) || e.Match(strings.Repeat("a/", 2000)+"c", false) {
		t.Error("matches")
	}
}

// git itself says the same.
func TestExcludeLikeGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("this test compares with git, which is not installed")
	}
	dir := t.TempDir()
	run(t, dir, "git", "init", "-q")
	dirs := []string{"a", "b", "ab", "a/b", "b/ab", "a b"} // the others are files, which need not be there
	for _, d := range dirs {
		must(t, os.MkdirAll(filepath.Join(dir, d), 0o755))
	}
	paths := append([]string{"aa", "bb", "aab", "abc", "a/a", "b/a", "ab/a", "a/b/a", "a/b/c", "b/ab/a", "c/a", "#a", "!a", "a ", "*", "]"}, dirs...)
	rapid.Check(t, func(rt *rapid.T) {
		token := rapid.SampledFrom([]string{"a", "b", "ab", "*", "**", "?", "/", "/", "[ab]", "[!a]", "[a-", `\a`, `\*`, "!", "#", " ", "[[:alpha:]]", "]"})
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			line := strings.Join(rapid.SliceOfN(token, 1, 6).Draw(t, "tokens"), "")
			// git compares the literal beginning on its own, so that to it, against
			// its manual, the stars of "a**/b" stand at the beginning.
			for i := strings.Index(line, "**"); i > 0 && line[i-1] != '/'; i = strings.Index(line, "**") {
				line = line[:i] + line[i+1:]
			}
			return line
		}), 1, 3).Draw(rt, "lines")
		patterns := strings.Join(lines, "\n") + "\n"
		must(rt, os.WriteFile(filepath.Join(dir, "patterns"), []byte(patterns), 0o644))
		e, err := delta.ParseExclude(strings.NewReader(patterns))
		must(rt, err)
		cmd := exec.Command("git", "-c", "core.excludesFile="+dir+"/patterns", "check-ignore", "-z", "--no-index", "--stdin")
		cmd.Dir = dir
		cmd.Stdin = strings.NewReader(strings.Join(paths, "\x00") + "\x00")
		out, err := cmd.Output()
		if err != nil && cmd.ProcessState.ExitCode() != 1 {
			rt.Fatal(err)
		}
		ignored := map[string]bool{}
		for p := range strings.SplitSeq(string(out), "\x00") {
			ignored[p] = true
		}
		for _, p := range paths {
			isDir := slices.Contains(dirs, p)
			if got := e.Match(p, isDir); got != ignored[p] {
				rt.Fatalf("%q: Match(%q, %v) = %v, git says %v", patterns, p, isDir, got, ignored[p])
			}
		}
	})
}
