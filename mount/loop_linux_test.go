package mount_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/mount"
)

func TestLoop(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes loop devices")
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, append(make([]byte, 65536), bytes.Repeat([]byte("loop"), 1024)...), 0o600))
	loop, err := mount.Loop(file, 65536)
	must(t, err)
	got, err := os.ReadFile(loop.Name())
	if err != nil || !bytes.Equal(got, bytes.Repeat([]byte("loop"), 1024)) {
		t.Errorf("it holds %d bytes, %.8q, %v", len(got), got, err)
	}
	must(t, loop.Close())
	// With nothing left that uses it, the device has no file.
	name := filepath.Base(loop.Name())
	if back, err := os.ReadFile("/sys/block/" + name + "/loop/backing_file"); err == nil && strings.Contains(string(back), file) {
		t.Errorf("%s still has the file", name)
	}
	if _, err := mount.Loop(filepath.Join(t.TempDir(), "none"), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a file that is not there: %v", err)
	}
}
