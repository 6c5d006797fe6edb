package image

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadmeKernelOptions: what the README asks of a kernel is what the one has
// that is configured from nothing, and all of it: the tests boot that.
func TestReadmeKernelOptions(t *testing.T) {
	source, err := Source()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(source, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(source, "qemu", "malta", "malta.config"))
	if err != nil {
		t.Fatal(err)
	}
	set := strings.Split(string(config), "\n")
	named := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^       CONFIG_.*$`).FindAllString(string(readme), -1) {
		for _, option := range regexp.MustCompile(`CONFIG_\w+`).FindAllString(line, -1) {
			named[option] = true
			if !slices.Contains(set, option+"=y") {
				t.Errorf("the README asks for %s, which malta.config does not set", option)
			}
		}
	}
	if len(named) < 20 {
		t.Errorf("the README names %d options", len(named))
	}
}

func TestIndented(t *testing.T) {
	const markdown = `text

    first 1

      deeper

text
- item

    second 1
    key=value
`
	for _, test := range []struct{ line, want string }{
		{"first", "first 1\n\n  deeper\n"},
		{"  deeper", "first 1\n\n  deeper\n"},
		{"key=", "second 1\nkey=value\n"},
		{"text", ""},
		{"1", ""},
	} {
		if got, ok := indented(markdown, test.line); got != test.want || ok != (test.want != "") {
			t.Errorf("%q: %q, %v", test.line, got, ok)
		}
	}
}

// What the boot loaders of the test machines are told is in README.md.
func TestDocumented(t *testing.T) {
	for _, line := range []string{"load_env ", "bootlimit=", "(echo '# GRUB"} {
		if _, err := Documented(line); err != nil {
			t.Error(err)
		}
	}
	if _, err := Documented("none of that"); err == nil {
		t.Error("a block that is not there")
	}
}
