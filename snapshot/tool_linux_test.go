package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestToolOutput: what a program leaves behind does not keep us waiting, and a file
// is given to it as it is.
func TestToolOutput(t *testing.T) {
	var out, errs bytes.Buffer
	start := time.Now()
	err := runTool("/bin/sh", []string{"-c", "echo said; echo wrong >&2; [ -z \"$(cat)\" ]; sleep 20 & exit 3"}, []string{"PATH=" + toolPath}, &out, &errs)
	if err == nil || err.Error() != "exit code 3" || out.String() != "said\n" || errs.String() != "wrong\n" || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v: %q, %q", err, time.Since(start), &out, &errs)
	}
	out.Reset()
	must(t, runTool("/bin/sh", []string{"-c", "for i in 1 2 3 4 5; do echo $i; echo $i >&2; done"}, []string{"PATH=" + toolPath}, &out, &out))
	if out.String() != "1\n1\n2\n2\n3\n3\n4\n4\n5\n5\n" {
		t.Errorf("both in one: %q", &out)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	must(t, err)
	defer f.Close()
	must(t, runTool("/bin/sh", []string{"-c", "exec 3>&1; readlink /proc/$$/fd/3 >&2; pwd"}, []string{"PATH=" + toolPath}, f, &errs))
	if b, err := os.ReadFile(f.Name()); string(b) != "/\n" || !strings.Contains(errs.String(), f.Name()) {
		t.Errorf("%v: %q, %q", err, b, &errs)
	}
	for _, path := range []string{"/nowhere", "/"} {
		if err := runTool(path, nil, nil, &out, &errs); err == nil || !strings.HasPrefix(err.Error(), "cannot be started: ") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
