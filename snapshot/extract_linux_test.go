package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// has lists a directory and all below it: names, a whiteout with "-" in front.
func has(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	must(t, filepath.Walk(dir, func(path string, st os.FileInfo, err error) error {
		must(t, err)
		name, _ := filepath.Rel(dir, path)
		if st.Mode()&os.ModeCharDevice != 0 {
			name = "-" + name
		}
		all = append(all, name)
		return nil
	}))
	return strings.Join(all[1:], " ")
}

// What is unpacked is the upper directory that a boot makes: packed again, it is
// the state.
func TestExtract(t *testing.T) {
	i := newHistory(t)
	for _, c := range []struct{ state, want, say string }{
		{"0", "", "Unpacked the bare firmware into "},
		{"1", "bin bin/data etc etc/a etc/b link pipe", "8 files of 1 entry"},
		{"2", "bin bin/data etc etc/a -etc/b link pipe", "14 files of 2 entries"},
		{"config", "bin bin/data etc etc/a -etc/b etc/c link pipe rom -rom/file rom/x", "20 files of 3 entries"},
	} {
		dir := filepath.Join(t.TempDir(), "new")
		if out := i.must("extract", c.state, dir); !strings.Contains(out, c.say) {
			t.Errorf("%s: %s", c.state, out)
		}
		if got := has(t, dir); got != c.want {
			t.Errorf("%s: %s, want %s", c.state, got, c.want)
		}
	}
	dir := t.TempDir() // there, and empty
	i.must("extract", "config", dir)
	other := newImage(t, 2<<20)
	other.must("push", "--upper", dir)
	again := t.TempDir()
	other.must("extract", "1", again)
	if a, b := has(t, dir), has(t, again); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if b, err := os.ReadFile(again + "/etc/a"); err != nil || string(b) != "one\n2\nthree\n" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestExtractDryRun(t *testing.T) {
	i := newHistory(t)
	dir := filepath.Join(i.dir, "new")
	if out := i.must("extract", "1", dir, "--dry-run"); !strings.Contains(out, "Would unpack snapshot 1 into "+dir) {
		t.Error(out)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("it was made")
	}
}

// After a failure nothing is left: neither what was unpacked, nor a directory that
// was made for it, nor what the state says of the directory itself.
func TestExtractFails(t *testing.T) {
	i := newHistory(t)
	upper := i.upper("small", "1", "z/large", string(noise(900_000)))
	must(t, os.Chmod(upper, 0o700))
	i.must("push", "--upper", upper)
	inNamespace(t)
	place := t.TempDir()
	must(t, unix.Mount("tmpfs", place, "tmpfs", 0, "size=512k,mode=0755"))
	t.Cleanup(func() { unix.Unmount(place, unix.MNT_DETACH) })
	made := filepath.Join(place, "new")
	for _, dir := range []string{made, place} {
		_, errs, code := i.run("extract", "3", dir)
		if code != exitFailed || !strings.Contains(errs, "cannot unpack snapshot 3, nothing of it stays in "+dir) || !strings.Contains(errs, "no space left") || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d: %s", dir, code, errs)
		}
		if got := has(t, place); got != "" {
			t.Errorf("%s: left are %s", dir, got)
		}
	}
	if st, err := os.Stat(place); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

// asNobody is set in the environment of the test binary that runs without root.
const asNobody = "SNAPSHOT_TEST_NOBODY"

// Everything that looks at an image works without root, but for extract, which says
// so.
func TestLookingWithoutRoot(t *testing.T) {
	if image := os.Getenv(asNobody); image != "" {
		t.Logf("as user %d", os.Getuid())
		for _, args := range [][]string{{"list"}, {"show", "1"}, {"diff", "1", "2", "--patch"}, {"cat", "2", "/etc/a"}} {
			if out, errs, code := run(t, "/nowhere", append(args, "--device", image)...); code != 0 || out == "" {
				t.Errorf("%q: exit %d: %s", args, code, errs)
			}
		}
		dir := t.TempDir() + "/new"
		_, errs, code := run(t, "/nowhere", "extract", "1", dir, "--device", image)
		if _, err := os.Lstat(dir); code != exitFailed || !strings.Contains(errs, "extract needs root") || err == nil {
			t.Errorf("extract: exit %d: %s", code, errs)
		}
		return
	}
	i := newHistory(t)
	must(t, os.Chmod(i.path, 0o444))
	must(t, os.Chmod(i.dir, 0o755))
	must(t, os.Chmod(filepath.Dir(i.dir), 0o755))
	// The binary is where others may not look.
	self, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	binary := filepath.Join(i.dir, "test")
	must(t, os.WriteFile(binary, self, 0o755))
	cmd := exec.Command(binary, "-test.run=^TestLookingWithoutRoot$", "-test.v")
	cmd.Dir = "/tmp"
	cmd.Env = append(os.Environ(), asNobody+"="+i.path, "TMPDIR=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err != nil || !bytes.Contains(out, []byte("as user 65534")) {
		t.Errorf("%s", out)
	}
}
