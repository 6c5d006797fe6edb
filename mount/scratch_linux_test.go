package mount_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/mount"
)

func TestScratch(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes a file system")
	}
	before, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	var dirs [2]string
	for i := range dirs {
		f, err := mount.Scratch(1 << 20)
		must(t, err)
		defer f.Close()
		dirs[i] = fmt.Sprint("/proc/self/fd/", f.Fd())
	}
	must(t, os.WriteFile(dirs[0]+"/file", []byte("x"), 0o600))
	must(t, unix.Mknod(dirs[0]+"/whiteout", unix.S_IFCHR, 0))
	must(t, unix.Lsetxattr(dirs[0]+"/file", "trusted.x", []byte("y"), 0))
	if names, err := os.ReadDir(dirs[1] + "/"); err != nil || len(names) != 0 {
		t.Errorf("another one shows %v, %v", names, err)
	}
	if err := os.WriteFile(dirs[1]+"/big", make([]byte, 2<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("2 MiB in 1 MiB: %v", err)
	}
	after, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	if string(before) != string(after) {
		t.Errorf("the name space has changed:\n%s", after)
	}
}

// TestScratchRefused: what is wrong is said in words.
func TestScratchRefused(t *testing.T) {
	if f, err := mount.Scratch(-1); err == nil {
		f.Close()
		t.Error("a size below 0 was taken")
	}
	if os.Getuid() != 0 {
		if _, err := mount.Scratch(1 << 20); err == nil || !strings.Contains(err.Error(), "root") {
			t.Errorf("without root: %v", err)
		}
	}
}
