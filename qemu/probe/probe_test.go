//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func describeTree(t *testing.T, top string) string {
	t.Helper()
	var b strings.Builder
	if err := dump(&b, top); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What dump does not see, no scenario can find: each change shows.
func TestDumpSeesEveryChange(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"content":        func(d string) error { return os.WriteFile(d+"/file", []byte("other"), 0o644) },
		"new file":       func(d string) error { return os.WriteFile(d+"/new", nil, 0o644) },
		"deleted file":   func(d string) error { return os.Remove(d + "/file") },
		"mode":           func(d string) error { return os.Chmod(d+"/file", 0o600) },
		"setuid":         func(d string) error { return unix.Chmod(d+"/file", 0o4644) },
		"link target":    func(d string) error { return relink(d+"/link", "elsewhere") },
		"kind":           func(d string) error { os.Remove(d + "/fifo"); return os.WriteFile(d+"/fifo", nil, 0o644) },
		"hard link":      func(d string) error { os.Remove(d + "/hard"); return copyFile(d+"/file", d+"/hard") },
		"nanosecond":     func(d string) error { return setTime(d+"/file", 1000, 2) },
		"directory time": func(d string) error { return setTime(d, 1000, 2) },
		"symlink time":   func(d string) error { return setTime(d+"/link", 1000, 2) },
		"hole":           func(d string) error { return fill(d + "/sparse") },
		"size":           func(d string) error { return os.Truncate(d+"/sparse", 1<<20+1) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(dir+"/file", []byte("text"), 0o644))
			must(t, os.Link(dir+"/file", dir+"/hard"))
			must(t, os.Symlink("file", dir+"/link"))
			must(t, unix.Mkfifo(dir+"/fifo", 0o644))
			must(t, os.WriteFile(dir+"/sparse", nil, 0o644))
			must(t, os.Truncate(dir+"/sparse", 1<<20))
			for _, name := range []string{"file", "hard", "link", "fifo", "sparse", "."} {
				must(t, setTime(filepath.Join(dir, name), 1000, 1))
			}
			before := describeTree(t, dir)
			if again := describeTree(t, dir); again != before {
				t.Fatalf("two dumps of the same tree:\n%s\n%s", before, again)
			}
			must(t, change(dir))
			if name != "directory time" { // only what is meant shows
				must(t, setTime(dir, 1000, 1))
			}
			if describeTree(t, dir) == before {
				t.Error("it does not show")
			}
		})
	}
}

// exotic works where /tmp can hold attributes, as root.
func TestExotic(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("makes devices and sets attributes: needs root")
	}
	dir := t.TempDir()
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, ""))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	top := filepath.Join(dir, "exotic")
	must(t, exotic(top))
	text := describeTree(t, top)
	for _, want := range []string{
		`sparse" mode=100644 owner=0:0`, "size=104857600 allocated=12288", "mode=104755 owner=1000:2000",
		`"security.capability"="\x01\x00\x00\x02`, `\xff\xfe"`, `new\nline"`, "device=204:70000",
		"mtime=8589934592.999999999", "mtime=-1000.500000000", "links=3", "owner=4000000000:3000000",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not there", want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func setTime(path string, sec, nsec int64) error {
	ts, err := unix.TimeToTimespec(time.Unix(sec, nsec))
	if err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}

func relink(path, target string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	if err := os.Symlink(target, path); err != nil {
		return err
	}
	return setTime(path, 1000, 1)
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		return err
	}
	return setTime(to, 1000, 1)
}

// fill writes the zeros that a hole reads as, and nothing else changes.
func fill(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return setTime(path, 1000, 1)
}
