//go:build unix

package rawfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chainroot/rawfile"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image")
	text := strings.Repeat("0123456789", 1000)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := rawfile.OpenFile(path, os.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	if f.Name() != path {
		t.Errorf("its name is %s", f.Name())
	}
	if n, err := f.WriteAt([]byte("abc"), 9_998); n != 3 || err != nil {
		t.Errorf("%d bytes were written, %v", n, err)
	}
	if n, err := f.Size(); n != 10_001 || err != nil {
		t.Errorf("it has %d bytes, %v", n, err)
	}
	if err := f.Sync(); err != nil {
		t.Error(err)
	}
	want := text[:9_998] + "abc"
	for _, c := range []struct {
		n, got int
		off    int64
		err    error
	}{{10_001, 10_001, 0, nil}, {5, 5, 9_996, nil}, {0, 0, 20_000, nil}, {5, 1, 10_000, io.EOF}, {1, 0, 20_000, io.EOF}} {
		b := make([]byte, c.n)
		if n, err := f.ReadAt(b, c.off); n != c.got || err != c.err || n > 0 && string(b[:n]) != want[c.off:int(c.off)+n] {
			t.Errorf("%d bytes at %d: %d, %v, want %d, %v", c.n, c.off, n, err, c.got, c.err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	f, err = rawfile.OpenFile(path, os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	// Once it is closed, or where it may not be written, errors name the file.
	for i, call := range []func() error{
		func() error { _, err := f.WriteAt([]byte("x"), 0); return err },
		f.Close,
		f.Close,
		f.Sync,
		func() error { _, err := f.ReadAt(make([]byte, 1), 0); return err },
		func() error { _, err := f.Size(); return err },
		func() error { _, err := f.Type(); return err },
	} {
		err := call()
		var of *fs.PathError
		if i == 1 {
			if err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, syscall.EBADF) || !errors.As(err, &of) || of.Path != path {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if f, err := rawfile.OpenFile(path+"x", os.O_RDONLY); f != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", f, err)
	}
}

func TestType(t *testing.T) {
	dir := t.TempDir()
	file, link, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(file, nil, 0o644), os.Symlink("file", link), syscall.Mkfifo(pipe, 0o644)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{
		file: 0, link: 0, dir: fs.ModeDir, "/dev/null": fs.ModeDevice | fs.ModeCharDevice, pipe: fs.ModeIrregular,
	} {
		if got, err := rawfile.Type(path); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", path, got, err, want)
		}
		f, err := rawfile.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Type(); got != want || err != nil {
			t.Errorf("%s, open: %v, %v, want %v", path, got, err, want)
		}
		f.Close()
	}
	if _, err := rawfile.Type(file + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
