//go:build amd64 || arm64

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
	"chainroot/inject"
	"chainroot/mount"
)

// ladder builds roots in the thread of a test, whose system calls fail, with
// the root of an initramfs.
type ladder struct {
	testing.TB
	thread   *inject.Thread
	flash    flash.Device
	failures map[string]int // by call
	states   map[plan]int   // that came of them
}

func newLadder(t testing.TB, m *machine) *ladder {
	t.Helper()
	l := &ladder{TB: t, failures: map[string]int{}, states: map[plan]int{}}
	var err error
	l.flash, err = chain.OpenFlash(m.image, &flash.Options{ReadOnly: true})
	m.must(err)
	t.Cleanup(func() { l.flash.Close() })
	l.thread, err = inject.NewThread() // before all else: the thread is the test's own then
	m.must(err)
	m.must(unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS))
	m.must(unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	root := filepath.Join(m.dir, "root")
	m.must(mount.Tmpfs("rootfs", root, ""))
	m.must(mount.Squashfs(m.root, root+romDir))
	m.must(mount.Device("proc", root+"/proc", "proc", 0, ""))
	for _, dir := range []string{"/sys", "/dev"} {
		m.must(os.Mkdir(root+dir, 0o755))
		m.must(mount.Bind(dir, root+dir))
	}
	m.must(unix.Chroot(root))
	m.must(os.Chdir("/"))
	return l
}

// build builds the root of a unit with a failure in it, as buildRoot does, but
// that no init is tried.
func (l *ladder) build(f inject.Failure) (u *unit, call string, err error) {
	l.Helper()
	u = newUnit()
	u.flash, u.root, u.par.size = l.flash, romDir, "1m"
	u.chain, err = chain.Open(l.flash)
	if err != nil {
		l.Fatal(err)
	}
	u.target = plan{layout: boot.Stacked, snapshots: len(u.chain.Snapshots()), volatile: u.chain.Volatile() != nil}
	u.plan = u.target
	call = l.thread.Fail(f, func() {
		err = u.safely(func() error {
			for {
				err := u.buildLayers(u.plan)
				if err == nil {
					return nil
				}
				if err := u.stepDown(err); err != nil || u.plan.layout == boot.Bare {
					return err
				}
			}
		})
	})
	return u, call, err
}

// check fails the test unless the root that stands shows a state, and the
// report says why it is not the one that was asked for.
func (l *ladder) check(u *unit, f inject.Failure, call string, err error) {
	l.Helper()
	where := fmt.Sprintf("%v %d of %s", f.Errno, f.Nth, call)
	if err != nil || u.plan.layout != boot.Stacked {
		l.Fatalf("%s: no root: %v, %+v", where, err, u.report.Skipped)
	}
	config := map[plan]string{
		{boot.Stacked, 2, true}:  "volatile",
		{boot.Stacked, 2, false}: "two",
		{boot.Stacked, 1, false}: "one",
		{boot.Stacked, 0, false}: "firmware",
	}[u.plan]
	b, err := os.ReadFile(newDir + "/etc/config")
	if string(b) != config || config == "" {
		l.Errorf("%s: %s shows %q, %v", where, u.plan, b, err)
	}
	skipped := fmt.Sprint(u.report.Skipped)
	switch {
	case (u.plan == u.target) != (len(u.report.Skipped) == 0):
		l.Errorf("%s: %s, skipped %s", where, u.plan, skipped)
	case u.plan != u.target && (!strings.Contains(skipped, f.Errno.Error()) || strings.Contains(skipped, "\n")):
		l.Errorf("%s: %s, but the report says %s", where, u.plan, skipped)
	}
	l.states[u.plan]++
	if u.plan == u.target {
		return
	}
	least := map[string]plan{
		"overlay":    {boot.Stacked, 2, false},
		"volatile":   {boot.Stacked, 2, false},
		"snapshot 2": {boot.Stacked, 1, false},
		"snapshot 1": {boot.Stacked, 0, false},
	}[u.report.Skipped[0].What]
	if f.Errno == unix.EIO && u.report.Skipped[0].What == "overlay" {
		least.snapshots = 0 // it is not for want of room
	}
	if u.plan != least || len(u.report.Skipped) != 1 {
		l.Errorf("%s: %s, want %s: %s", where, u.plan, least, skipped)
	}
}

// TestBuildFails lets every system call fail that builds the root: the state
// that is built then is whole, and no weaker than it must be.
func TestBuildFails(t *testing.T) {
	m := newMachine(t, nil)
	m.commit("one", true, map[string]string{"etc/config": "one"})
	m.commit("two", true, map[string]string{"etc/config": "two"})
	m.commit("volatile", false, map[string]string{"etc/config": "volatile"})
	l := newLadder(t, m)
	for _, test := range []struct {
		errno  unix.Errno
		stride int
	}{{unix.ENOSPC, 1}, {unix.EIO, 1}, {unix.ENOMEM, 3}} {
		if testing.Short() {
			test.stride *= 9
		}
		for f := (inject.Failure{Nth: 1, Errno: test.errno}); ; f.Nth += test.stride {
			u, call, err := l.build(f)
			l.check(u, f, call, err)
			u.takeDown(0)
			if err := mount.Point(newDir); err != nil && !errors.Is(err, os.ErrNotExist) || mountedOn(snapshotDir) || mountedOn(overlayDir) || mountedOn(newDir) {
				t.Fatalf("%v %d of %s: something is mounted still", f.Errno, f.Nth, call)
			}
			if call == "" {
				break
			}
			l.failures[call]++
		}
	}
	total := 0
	for _, n := range l.failures {
		total += n
	}
	t.Logf("failures injected: %d %v, states: %v", total, l.failures, l.states)
	if total < 200 && !testing.Short() {
		t.Error("too few")
	}
}
