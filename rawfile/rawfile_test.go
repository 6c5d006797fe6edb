//go:build unix

package rawfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "line": "quiet\n", "page": strings.Repeat("p", 4<<10), "more": strings.Repeat("0123456789", 1000),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := rawfile.ReadFile(path); err != nil || got != text {
			t.Errorf("%s: %d bytes, want %d, %v", name, len(got), len(text), err)
		}
	}
}

// TestErrors: they read like those of package os.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		path string
		want error
	}{
		{filepath.Join(dir, "missing"), fs.ErrNotExist},
		{dir, syscall.EISDIR},
	} {
		_, want := os.ReadFile(c.path)
		got, err := rawfile.ReadFile(c.path)
		if !errors.Is(err, c.want) || err.Error() != want.Error() || got != "" {
			t.Errorf("%q, %v, want %v", got, err, want)
		}
	}
	fd, err := rawfile.Open(filepath.Join(dir, "missing"), os.O_RDONLY, 0)
	var of *fs.PathError
	if fd >= 0 || !errors.As(err, &of) || of.Op != "open" {
		t.Errorf("opened as %d: %v", fd, err)
	}
}

func TestOpenAndWrite(t *testing.T) {
	path, text := filepath.Join(t.TempDir(), "new"), strings.Repeat("line\n", 100_000)
	fd, err := rawfile.Open(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("exec keeps it: flags %#x, %v", flags, err)
	}
	if err := rawfile.Write(fd, []byte(text)); err != nil {
		t.Error(err)
	}
	if err := syscall.Close(fd); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("%d bytes, want %d, %v", len(got), len(text), err)
	}
	if err := rawfile.Write(-1, []byte("x")); err != syscall.EBADF {
		t.Errorf("to nowhere: %v", err)
	}
}
