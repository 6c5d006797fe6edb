package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestGiveUp: what was frozen for a conversion is writable again after an error,
// but not once the flash was written to.
func TestGiveUp(t *testing.T) {
	u := newUnit(t)
	dir := filepath.Join(u.dir, "frozen")
	mkdir(t, dir)
	must(t, unix.Mount("frozen", dir, "tmpfs", unix.MS_NOATIME, ""))
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	file := filepath.Join(dir, "file")
	for _, writing := range []bool{false, true} {
		f, err := os.Create(file)
		must(t, err)
		if _, err := freeze(dir); err == nil || !strings.Contains(err.Error(), "for writing") {
			t.Errorf("with a file that is open: %v", err)
		}
		must(t, f.Close())
		frozen, err := freeze(dir)
		must(t, err)
		if err := os.WriteFile(file, nil, 0o644); !errors.Is(err, unix.EROFS) {
			t.Errorf("frozen: %v", err)
		}
		v := &conversion{frozen: frozen, writing: writing}
		failed := v.giveUp(errors.New("failed"))
		err = os.WriteFile(file, nil, 0o644)
		if writing && (!errors.Is(err, unix.EROFS) || !strings.Contains(failed.Error(), "read-only")) {
			t.Errorf("after a write: %v, it says %q", err, failed)
		}
		if !writing && (err != nil || failed.Error() != "failed") {
			t.Errorf("before any write: %v, it says %q", err, failed)
		}
	}
	var st unix.Statfs_t
	must(t, unix.Statfs(dir, &st))
	if st.Flags&unix.MS_NOATIME == 0 {
		t.Error("noatime is lost")
	}
}
