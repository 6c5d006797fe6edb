package image

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Documented returns the block of README.md, indented by four spaces there, that
// has a line which starts with the given text.
func Documented(line string) (string, error) {
	source, err := Source()
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(filepath.Join(source, "README.md"))
	if err != nil {
		return "", err
	}
	block, ok := indented(string(content), line)
	if !ok {
		return "", fmt.Errorf("README.md has no block with a line that starts with %q", line)
	}
	return block, nil
}

// indented returns the first block of a Markdown text, indented by four spaces,
// with a line that starts so. Empty lines belong to the block around them.
func indented(markdown, line string) (string, bool) {
	block, found := "", false
	for l := range strings.Lines(markdown + "end") {
		code, ok := strings.CutPrefix(l, "    ")
		if !ok && strings.TrimSpace(l) != "" {
			if found {
				return strings.Trim(block, "\n") + "\n", true
			}
			block = ""
			continue
		}
		if !ok {
			code = "\n"
		}
		block += code
		found = found || strings.HasPrefix(code, line)
	}
	return "", false
}
