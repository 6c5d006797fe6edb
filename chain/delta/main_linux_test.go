package delta_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace is set in the environment of the copy of the test binary that
// runs in a mount namespace of its own.
const inNamespace = "DELTA_TEST_NAMESPACE"

// TestMain runs the tests in a mount namespace of their own, so that they can
// mount, and so that nothing of it stays. A fuzz worker is in one already.
func TestMain(m *testing.M) {
	flag.Parse()
	// Property tests draw the same every time, unless -rapid.seed says otherwise.
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		if err := seed.Value.Set("1"); err != nil {
			panic(err)
		}
	}
	if os.Getuid() != 0 || os.Getenv(inNamespace) != "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil {
			fmt.Fprintln(os.Stderr, "cannot run in a mount namespace:", err)
		}
		os.Exit(1)
	}
	os.Exit(0)
}

// needRoot skips a test that mounts.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("this test needs root: it mounts tmpfs and overlayfs and sets trusted.* attributes")
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatalf("cannot make mounts private: %v", err)
	}
}

// tmpfs mounts a tmpfs for the duration of a test.
func tmpfs(t testing.TB, options string) string {
	t.Helper()
	needRoot(t)
	dir := t.TempDir()
	mount(t, "tmpfs", dir, "tmpfs", options)
	return dir
}

// mount mounts for the duration of a test.
func mount(t tester, source, dir, fs, options string) {
	t.Helper()
	if err := unix.Mount(source, dir, fs, 0, options); err != nil {
		t.Fatalf("cannot mount %s (%s): %v", fs, options, err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}

// mkdir makes directories under root.
func mkdir(t tester, root string, names ...string) {
	t.Helper()
	for _, n := range names {
		must(t, os.MkdirAll(filepath.Join(root, n), 0o755))
	}
}

// write writes a file.
func write(t tester, path, content string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

// setxattr sets an extended attribute, of a link itself too.
func setxattr(t tester, path, name, value string) {
	t.Helper()
	if err := unix.Lsetxattr(path, name, []byte(value), 0); err != nil {
		t.Fatalf("cannot set %s of %s: %v", name, path, err)
	}
}

// getxattr returns an extended attribute, or "-" and the error.
func getxattr(path, name string) string {
	buf := make([]byte, 1<<16)
	n, err := unix.Lgetxattr(path, name, buf)
	if err != nil {
		return "- " + err.Error()
	}
	return string(buf[:n])
}
