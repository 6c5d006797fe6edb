package quiet_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/quiet"
)

func TestMount(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts")
	}
	runtime.LockOSThread() // for good: the thread has mounts of its own
	dir := t.TempDir()
	if err := errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")); err != nil {
		t.Fatal(err)
	}
	if err := quiet.Mount("quiet", dir, "tmpfs", unix.MS_NOATIME, "mode=0710"); err != nil {
		t.Fatal(err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC || fs.Flags&unix.ST_NOATIME == 0 {
		t.Errorf("%+v, %v", fs, err)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o710 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if err := quiet.Mount("quiet", filepath.Join(dir, "missing"), "tmpfs", 0, ""); err != unix.ENOENT {
		t.Errorf("on nothing: %v", err)
	}
	if err := quiet.Mount("quiet", dir, "no such", 0, ""); err != unix.ENODEV {
		t.Errorf("an unknown type: %v", err)
	}
	if err := quiet.Mount("quiet", dir, "tmpfs", 0, "size=1\x00k"); err != unix.EINVAL {
		t.Errorf("a NUL: %v", err)
	}
	if err := unix.Unmount(dir, 0); err != nil {
		t.Error(err)
	}
}

func TestFinitModule(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it loads modules")
	}
	f, err := os.Open(os.Args[0]) // a program, and no module
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := quiet.FinitModule(int(f.Fd()), "", 0); err != unix.ENOEXEC && err != unix.ENOSYS {
		t.Errorf("no module: %v", err)
	}
	if err := quiet.FinitModule(-1, "", 0); err != unix.EBADF && err != unix.ENOSYS {
		t.Errorf("nothing: %v", err)
	}
	if err := quiet.FinitModule(int(f.Fd()), "a\x00b", 0); err != unix.EINVAL {
		t.Errorf("a NUL: %v", err)
	}
}

// On one processor, which this test runs itself again on.
func TestBoot(t *testing.T) {
	const child = "CHAINROOT_TEST_PROCESSORS"
	if os.Getenv(child) != "" {
		quiet.Boot()
		if n := runtime.GOMAXPROCS(0); runtime.NumCPU() != 1 || n != 2 {
			t.Errorf("Go uses %d of %d processors", n, runtime.NumCPU())
		}
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	defer unix.SchedSetaffinity(0, &all)
	cmd := exec.Command(os.Args[0], "-test.run=^TestBoot$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if n := runtime.NumCPU(); n > 1 {
		before := runtime.GOMAXPROCS(0)
		if quiet.Boot(); runtime.GOMAXPROCS(0) != before {
			t.Errorf("with %d processors it is %d and was %d", n, runtime.GOMAXPROCS(0), before)
		}
	}
}
