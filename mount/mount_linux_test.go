package mount_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/mount"
)

// apart runs the calling test again in a mount name space of its own, with an
// empty directory on a tmpfs, and returns that directory there; in the process
// that go test started it returns false.
func apart(t *testing.T) (string, bool) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts file systems")
	}
	if dir := os.Getenv("MOUNT_TEST_DIR"); dir != "" {
		for _, m := range []struct {
			source, target, fstype string
			flags                  uintptr
		}{{"none", "/", "", unix.MS_REC | unix.MS_PRIVATE}, {"test", dir, "tmpfs", 0}} {
			if err := unix.Mount(m.source, m.target, m.fstype, m.flags, ""); err != nil {
				t.Fatal(err)
			}
		}
		return dir, true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), "MOUNT_TEST_DIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return "", false
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

// mounts returns the line of /proc/mounts for each mount point.
func mounts(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	all := map[string]string{}
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Fields(line); len(f) > 3 {
			all[f[1]] = line
		}
	}
	return all
}

func TestTmpfs(t *testing.T) {
	dir, ok := apart(t)
	if !ok {
		return
	}
	must(t, mount.Tmpfs("snapshot", dir+"/a/b", "64k"))
	if line := mounts(t)[dir+"/a/b"]; !strings.HasPrefix(line, "snapshot ") || !strings.Contains(line, "size=64k") || !strings.Contains(line, "mode=755") {
		t.Errorf("mounted %q", line)
	}
	if err := os.WriteFile(dir+"/a/b/large", make([]byte, 100<<10), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("100 KiB in 64: %v", err)
	}
	must(t, mount.Detach(dir+"/a/b"))
	if err := mount.Detach(dir + "/a/b"); !errors.Is(err, unix.EINVAL) {
		t.Errorf("detached twice: %v", err)
	}
	if err := mount.Tmpfs("snapshot", dir+"/c", "nonsense"); err == nil {
		t.Error("a size that is none was taken")
	}
}

func TestOverlay(t *testing.T) {
	dir, ok := apart(t)
	if !ok {
		return
	}
	write(t, dir+"/low/a", "low")
	write(t, dir+"/mid/a", "mid")
	write(t, dir+"/mid/b", "mid")
	must(t, os.MkdirAll(dir+"/up", 0o755))
	must(t, os.MkdirAll(dir+"/work", 0o755))
	must(t, os.MkdirAll(dir+"/low/d", 0o755))
	known := tree(t, map[string]string{"module/overlay/parameters/index": "N", "module/overlay/parameters/redirect_dir": "N"})
	for name, sysfs := range map[string]string{"real": "/sys", "made up": known, "no sysfs": "/none"} {
		o := mount.Overlay{Source: "name", Lower: []string{dir + "/mid", dir + "/low"}, Upper: dir + "/up", Work: dir + "/work"}
		must(t, o.Mount(dir+"/new", sysfs))
		if b, _ := os.ReadFile(dir + "/new/a"); string(b) != "mid" {
			t.Errorf("%s: the first lower directory is not the topmost: %q", name, b)
		}
		// With redirect_dir=off the kernel refuses, and mv(1) copies.
		if err := os.Rename(dir+"/new/d", dir+"/new/e"); !errors.Is(err, unix.EXDEV) {
			t.Errorf("%s: a lower directory was renamed: %v", name, err)
		}
		must(t, mount.Detach(dir+"/new"))
	}
	o := mount.Overlay{Source: "name", Lower: []string{dir + "/none"}}
	if err := o.Mount(dir+"/new", "/sys"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("without a lower directory: %v", err)
	}
}

func TestMove(t *testing.T) {
	dir, ok := apart(t)
	if !ok {
		return
	}
	must(t, mount.Tmpfs("a", dir+"/a", ""))
	must(t, mount.Tmpfs("below", dir+"/a/below", ""))
	must(t, os.MkdirAll(dir+"/to", 0o755))
	must(t, os.Symlink("to", dir+"/link"))
	write(t, dir+"/file", "")
	for _, to := range []string{"/link", "/file", "/none"} {
		if err := mount.Move(dir+"/a", dir+to); err == nil {
			t.Errorf("moved to %s", to)
		}
		if err := mount.Bind(dir+"/a", dir+to); err == nil {
			t.Errorf("bound to %s", to)
		}
	}
	must(t, mount.Move(dir+"/a", dir+"/to"))
	m := mounts(t)
	if m[dir+"/a"] != "" || m[dir+"/to"] == "" || m[dir+"/to/below"] == "" {
		t.Errorf("mounts are %v", m)
	}
}

func TestFree(t *testing.T) {
	dir, ok := apart(t)
	if !ok {
		return
	}
	outside := t.TempDir()
	write(t, outside+"/stays", "")
	write(t, dir+"/root/init", "")
	write(t, dir+"/root/keep/file", "")
	write(t, dir+"/root/a/b/c", "")
	write(t, dir+"/root/a/keep", "")
	must(t, os.Symlink(outside, dir+"/root/a/link"))
	must(t, mount.Tmpfs("other", dir+"/root/a/mnt", ""))
	write(t, dir+"/root/a/mnt/stays", "")
	write(t, dir+"/beside/stays", "") // on the same file system
	must(t, os.Mkdir(dir+"/root/bound", 0o755))
	must(t, mount.Bind(dir+"/beside", dir+"/root/bound"))
	must(t, mount.Free(dir+"/root", "keep"))
	for name, want := range map[string]bool{
		"/root/init": false, "/root/a/b": false, "/root/a/link": false, "/root/a/keep": false,
		"/root/keep/file": true, "/root/a/mnt/stays": true, "/beside/stays": true,
	} {
		if _, err := os.Lstat(dir + name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(outside + "/stays"); err != nil {
		t.Error(err)
	}
	// /proc is none of the two file systems that an initramfs can be.
	if err := mount.Free("/proc"); err == nil || !strings.Contains(err.Error(), "no initramfs") {
		t.Errorf("freed /proc: %v", err)
	}
}

func TestSwitch(t *testing.T) {
	dir, ok := apart(t)
	if !ok {
		return
	}
	must(t, mount.Tmpfs("initramfs", dir+"/old", ""))
	must(t, unix.Chroot(dir+"/old"))
	must(t, os.Chdir("/"))
	must(t, mount.Tmpfs("new", "/new", ""))
	must(t, mount.Tmpfs("below", "/new/below", ""))
	must(t, os.Mkdir("/new/proc", 0o755))
	must(t, mount.Device("proc", "/proc", "proc", 0, ""))
	must(t, mount.Move("/proc", "/new/proc"))
	must(t, mount.Switch("/new"))
	m := mounts(t)
	if len(m) != 3 || !strings.HasPrefix(m["/"], "new ") || m["/below"] == "" || m["/proc"] == "" {
		t.Errorf("mounts are %v", m)
	}
	if dir, err := os.Getwd(); dir != "/" || err != nil {
		t.Errorf("the working directory is %q, %v", dir, err)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		list  string
		flags uintptr
		data  string
	}{
		{"", unix.MS_RDONLY, ""},
		{"noatime,nodev", unix.MS_RDONLY | unix.MS_NOATIME | unix.MS_NODEV, ""},
		{"rw,errors=panic,threads=single", 0, "errors=panic,threads=single"},
		{"rw,ro,noatime,atime", unix.MS_RDONLY, ""},
		{"defaults,,x", unix.MS_RDONLY, "x"},
	}
	for _, tt := range tests {
		flags, data := mount.Options(tt.list, unix.MS_RDONLY)
		if flags != tt.flags || data != tt.data {
			t.Errorf("%q is %#x, %q; want %#x, %q", tt.list, flags, data, tt.flags, tt.data)
		}
	}
}
