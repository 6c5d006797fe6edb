//go:build amd64 || arm64

package delta_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chainroot/chain/delta"
	"chainroot/inject"
	"golang.org/x/sys/unix"
)

// harmless are the calls of a replay that may fail without anybody being the
// worse: the descriptor is gone all the same, and nothing was written by it.
var harmless = []string{"close"}

// aside runs f on another thread, whose system calls do not fail, and are
// faster.
func aside(f func() error) error {
	done := make(chan error)
	go func() { done <- f() }()
	return <-done
}

// descriptors returns how many are open.
func descriptors(t testing.TB) int {
	t.Helper()
	var n int
	must(t, aside(func() error {
		entries, err := os.ReadDir("/proc/self/fd")
		n = len(entries)
		return err
	}))
	return n
}

// replays is a replay that is done again and again, each time over a new copy
// of what earlier tars left.
type replays struct {
	testing.TB
	thread   *inject.Thread
	root     string
	base     []byte
	tars     [][]byte
	want     listing
	failures map[string]int // by call
	survived map[string]int // of those, where the replay did well all the same
}

// once replays with a failure, and reports whether it came to that.
func (r *replays) once(f inject.Failure) bool {
	r.Helper()
	var dir string
	must(r, aside(func() (err error) {
		if dir, err = os.MkdirTemp(r.root, "replayed"); err == nil {
			_, err = delta.Replay(bytes.NewReader(r.base), dir)
		}
		return err
	}))
	before := descriptors(r)
	var err error
	call := r.thread.Fail(f, func() { err = r.replay(dir) })
	if n := descriptors(r); n > before { // fewer: that of the thread of a test before has gone
		r.Errorf("%+v in %s: %d descriptors are open, %d before", f, call, n, before)
	}
	if err == nil {
		if d := differences(r.want, list(r, dir, true)); d != "" {
			r.Errorf("%+v in %s: no error, but\n%s", f, call, d)
		}
	}
	switch {
	case call == "" && err != nil:
		r.Errorf("nothing failed, but: %v", err)
	case call == "":
	case err == nil:
		r.survived[call]++
	case !errors.Is(err, f.Errno) || !strings.HasPrefix(err.Error(), "cannot "):
		r.Errorf("%+v in %s: %v", f, call, err)
	}
	must(r, aside(func() error { return os.RemoveAll(dir) }))
	if call != "" {
		r.failures[call]++
	}
	return call != ""
}

// replay replays all tars, one after the other.
func (r *replays) replay(dir string) error {
	p, err := delta.NewReplayer(dir)
	if err != nil {
		return err
	}
	defer p.Close()
	for _, b := range r.tars {
		if _, err := p.Replay(bytes.NewReader(b)); err != nil {
			return err
		}
	}
	return nil
}

// all fails each call of a replay in turn, until one is left in peace.
func (r *replays) all(f inject.Failure) {
	r.Helper()
	for f.Nth = 1; r.once(f) && !r.Failed(); f.Nth++ {
	}
}

func newReplays(t testing.TB) *replays {
	t.Helper()
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "old/dir/file/in/the/way", "old/opaque/full/of", "old/fifo", "old/whiteout/a/b", "new")
	old, upper := filepath.Join(root, "old"), filepath.Join(root, "new")
	write(t, filepath.Join(old, "dir/file/in/the/way/x"), "x")
	write(t, filepath.Join(old, "opaque/full/of/files"), "x")
	write(t, filepath.Join(old, "dir/sub"), "a file in the way")
	setxattr(t, filepath.Join(old, "dir"), "user.old", "x")
	setxattr(t, filepath.Join(old, "opaque"), "user.old", "x")
	everything(t, upper)
	must(t, os.Truncate(filepath.Join(upper, "sparse"), 60<<10)) // to be compared often
	const acl = "system.posix_acl_default"
	setxattr(t, old, acl, getxattr(filepath.Join(upper, "dir"), acl))
	r := startReplays(t, root, pack(t, old, nil), pack(t, upper, nil))
	must(t, os.RemoveAll(old))
	return r
}

// startReplays takes hold of the thread of the test, for replays in root.
func startReplays(t testing.TB, root string, base []byte, tars ...[]byte) *replays {
	t.Helper()
	r := &replays{TB: t, root: root, base: base, tars: tars, failures: map[string]int{}, survived: map[string]int{}}
	r.want = list(t, replay(t, root, nil, append([][]byte{base}, tars...)...), true)
	var err error
	r.thread, err = inject.NewThread()
	must(t, err)
	return r
}

// counts logs how often which call failed, and fails the test if that is less
// than often.
func (r *replays) counts(least int) {
	r.Helper()
	total := 0
	for _, n := range r.failures {
		total += n
	}
	r.Logf("failures injected: %d %v, of which did no harm: %v", total, r.failures, r.survived)
	if total < least {
		r.Errorf("only %d failures", total)
	}
}

// TestReplayFails lets every system call of a replay fail: it returns that
// error, or has done all that the tar says.
func TestReplayFails(t *testing.T) {
	r := newReplays(t)
	errnos := []unix.Errno{unix.EIO, unix.ENOSPC, unix.ENOMEM}
	if testing.Short() {
		errnos = errnos[:1]
	}
	for n, errno := range errnos {
		r.all(inject.Failure{Errno: errno, Stays: n > 0})
	}
	r.counts(250 * len(errnos))
	for call := range r.survived {
		if !slices.Contains(harmless, call) {
			t.Errorf("%s failed %d times without an error", call, r.survived[call])
		}
	}
	for _, call := range []string{"openat", "pwrite64", "ftruncate", "mkdirat", "mknodat", "symlinkat", "linkat", "unlinkat", "fchown", "fchownat",
		"fchmod", "fchmodat", "utimensat", "fsetxattr", "lsetxattr", "fremovexattr", "flistxattr", "fgetxattr", "getdents64", "lseek", "statx", "close"} {
		if r.failures[call] == 0 {
			t.Errorf("%s never failed: the tars lost what needs it", call)
		}
	}
}

// TestReplayerFails lets the calls fail that are made for directories which an earlier
// tar has made.
func TestReplayerFails(t *testing.T) {
	root := tmpfs(t, "size=64m")
	const acl = "SCHILY.xattr.system.posix_acl_default"
	mkdir(t, root, "everything")
	everything(t, filepath.Join(root, "everything"))
	withACL := map[string]string{acl: getxattr(filepath.Join(root, "everything/dir"), strings.TrimPrefix(acl, "SCHILY.xattr."))}
	later := map[string]string{"mtime": "7"}
	r := startReplays(t, root, build(t),
		build(t, member{typ: dir, name: "./"}, member{typ: dir, name: "a/"}, member{typ: dir, name: "a/b/"}, member{typ: dir, name: "c/", pax: withACL}, member{typ: dir, name: "c/d/"}),
		build(t, member{typ: dir, name: "./", pax: later}, member{typ: dir, name: "a/"}, member{typ: dir, name: "a/b/", pax: later}, member{typ: dir, name: "c/", pax: withACL}, member{typ: dir, name: "c/d/"}, member{typ: reg, name: "c/d/x"}),
		build(t, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/b", data: "x"}, member{typ: dir, name: "c/"}, member{typ: dir, name: "c/d/", pax: later}))
	r.all(inject.Failure{Errno: unix.EIO})
	r.counts(60)
	for call := range r.survived {
		if !slices.Contains(harmless, call) {
			t.Errorf("%s failed %d times without an error", call, r.survived[call])
		}
	}
}

// TestDeepReplayFails lets the calls fail that close the upper directories of a
// deep path and open them again.
func TestDeepReplayFails(t *testing.T) {
	root := tmpfs(t, "size=64m")
	members := []member{{typ: dir, name: "./"}}
	for depth := 1; depth <= 135; depth++ {
		members = append(members, member{typ: dir, name: strings.Repeat("d/", depth)})
	}
	members = append(members, member{typ: reg, name: "z", data: "at the top again"})
	r := startReplays(t, root, build(t), build(t, members...))
	r.all(inject.Failure{Errno: unix.EIO, Calls: []string{"statx"}})
	for f := (inject.Failure{Nth: 130, Errno: unix.EIO, Calls: []string{"openat"}}); r.once(f) && !t.Failed(); f.Nth++ {
	}
	r.counts(20)
	if len(r.survived) > 0 {
		t.Error("calls failed without an error")
	}
}

// TestReplayGoesOn: what the kernel does in part, or not at all because a
// signal came, is done again.
func TestReplayGoesOn(t *testing.T) {
	r := newReplays(t)
	r.all(inject.Failure{Short: true})
	r.all(inject.Failure{Errno: unix.EINTR, Calls: []string{"openat", "pwrite64", "ftruncate", "getdents64"}})
	r.counts(70)
	for call, n := range r.failures {
		if r.survived[call] != n {
			t.Errorf("%s failed %d times, %d did no harm", call, n, r.survived[call])
		}
	}
}
