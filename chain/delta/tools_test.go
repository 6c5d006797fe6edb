package delta_test

import (
	"os"
	"os/exec"
	"strings"

	"chainroot/chain/delta"
)

// dropping makes a choice of what is to be dropped.
func dropping(what func(path string, dir bool) bool) func(string, bool) delta.Answer {
	return func(path string, dir bool) delta.Answer {
		if what(path, dir) {
			return delta.Drop
		}
		return delta.Keep
	}
}

// tester is what testing.TB and rapid.T have in common, as far as it is needed.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// must fails the test on an error.
func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program that every Debian has.
func run(t tester, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
