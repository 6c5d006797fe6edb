//go:build amd64 || arm64

package rawfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/inject"
	"chainroot/rawfile"
)

// TestSystemCallsFail: what the kernel does in part is finished, what a signal
// interrupts is done again, and any other failure is told.
func TestSystemCallsFail(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it filters system calls")
	}
	thread, err := inject.NewThread()
	if err != nil {
		t.Fatal(err)
	}
	path, text := filepath.Join(t.TempDir(), "file"), strings.Repeat("line\n", 2000)
	work := func() (got string, err error) {
		fd, err := rawfile.Open(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			return "", err
		}
		err = rawfile.Write(fd, []byte(text))
		unix.Close(fd)
		if err != nil {
			return "", err
		}
		return rawfile.ReadFile(path)
	}
	calls := []string{"openat", "read", "write"}
	for _, test := range []struct {
		name    string
		failure inject.Failure
		least   int
		goesOn  bool
	}{
		{"EIO", inject.Failure{Errno: unix.EIO, Calls: calls}, 7, false},
		{"EINTR", inject.Failure{Errno: unix.EINTR, Calls: calls}, 7, true},
		{"short", inject.Failure{Short: true, Calls: calls}, 4, true},
	} {
		var got string
		failures := thread.Each(test.failure, func() { got, err = work() }, func(f inject.Failure, call string) {
			switch {
			case call == "" || test.goesOn:
				if err != nil || got != text {
					t.Errorf("%s %d of %s: %v, %d bytes, want %d", test.name, f.Nth, call, err, len(got), len(text))
				}
			case !errors.Is(err, f.Errno):
				t.Errorf("%s %d of %s: %v", test.name, f.Nth, call, err)
			}
		})
		t.Logf("%s, failures injected: %d", test.name, failures)
		if failures < test.least {
			t.Errorf("%s: only %d failures", test.name, failures)
		}
	}
}
