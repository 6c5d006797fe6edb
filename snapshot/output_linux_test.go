package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file is there as a whole or as it was, a link stays one, and what is no file is
// written to, and stays what it is: /dev/null above all.
func TestOutput(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	hello := func(w io.Writer) error {
		_, err := io.WriteString(w, "hello")
		return err
	}
	fails := func(w io.Writer) error {
		_ = hello(w)
		return io.ErrUnexpectedEOF
	}
	c := &cli{out: &bytes.Buffer{}}
	read := func(name string) string {
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	if n, err := c.output(at("new"), hello); n != 5 || err != nil || read("new") != "hello" {
		t.Errorf("a new file: %d, %v", n, err)
	}
	if err := os.WriteFile(at("old"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("old", at("link")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.output(at("link"), fails); err == nil || read("old") != "old" {
		t.Errorf("a failure: %v, %q", err, read("old"))
	}
	if _, err := c.output(at("link"), hello); err != nil || read("old") != "hello" {
		t.Errorf("through a link: %v, %q", err, read("old"))
	}
	if target, err := os.Readlink(at("link")); target != "old" {
		t.Errorf("the link is %q, %v", target, err)
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	end, err := os.OpenFile(at("pipe"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	if _, err := c.output(at("pipe"), hello); err != nil {
		t.Errorf("into a pipe: %v", err)
	}
	if st, err := os.Lstat(at("pipe")); err != nil || st.Mode().Type() != os.ModeNamedPipe {
		t.Fatalf("the pipe is %v, %v", st.Mode(), err)
	}
	b := make([]byte, 9)
	if n, err := end.Read(b); string(b[:n]) != "hello" {
		t.Errorf("out of the pipe came %q, %v", b[:n], err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 4 {
		t.Errorf("left in the directory: %v, %v", names, err)
	}
}
