package boot_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chainroot/boot"
)

func TestDeadline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deadline")
	if _, err := boot.ReadDeadline(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no deadline: %v, want ErrNotExist", err)
	}
	for _, d := range []boot.Deadline{{"ab12", 90 * time.Minute}, {"00", 1}} {
		if err := d.Write(path); err != nil {
			t.Fatal(err)
		}
		if got, err := boot.ReadDeadline(path); err != nil || got != d {
			t.Errorf("got %+v (%v), want %+v", got, err, d)
		}
	}
	for _, text := range []string{"", "ab12", "ab12 soon", " 12", "ab12 12 13"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := boot.ReadDeadline(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %+v, %v", text, d, err)
		}
	}
}

func TestUptime(t *testing.T) {
	first := boot.Uptime()
	time.Sleep(2 * time.Millisecond)
	if second := boot.Uptime(); first <= 0 || second-first < 2*time.Millisecond {
		t.Errorf("%v, then %v", first, second)
	}
}
