//go:build amd64 || arm64

package inject_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/inject"
)

func thread(t testing.TB) *inject.Thread {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it filters system calls")
	}
	i, err := inject.NewThread()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestEveryCall(t *testing.T) {
	i := thread(t)
	name := filepath.Join(t.TempDir(), "file")
	var failed []string
	for n := 1; ; n++ {
		var err error
		call := i.Fail(inject.Failure{Nth: n, Errno: unix.EDQUOT}, func() {
			err = os.WriteFile(name, []byte("content of the file"), 0o600)
		})
		if call == "" {
			if err != nil {
				t.Errorf("nothing failed, but: %v", err)
			}
			break
		}
		if !errors.Is(err, unix.EDQUOT) {
			t.Errorf("%s failed, the error is %v", call, err)
		}
		failed = append(failed, call)
	}
	if got := len(failed); got != 3 || failed[0] != "openat" || failed[1] != "write" || failed[2] != "close" {
		t.Errorf("failed: %q", failed)
	}
}

// A call that the runtime does not know of is held up, and answered, while another
// goroutine makes garbage. Were the collector to run, all would hang.
func TestCollectorWaits(t *testing.T) {
	i := thread(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	for range 20 {
		i.Fail(inject.Failure{Nth: 1 << 30}, func() {
			done := make(chan bool)
			go func() {
				for range 20_000 {
					garbage = make([]byte, 1<<10)
				}
				close(done)
			}()
			for range 1000 {
				if fd, _, _ := unix.RawSyscall6(unix.SYS_OPENAT, ^uintptr(0), 0, 0, 0, 0, 0); int(fd) >= 0 {
					t.Error("nothing was opened")
				}
			}
			<-done
		})
	}
	if percent := debug.SetGCPercent(1); percent != 1 {
		t.Errorf("the collector is set to %d afterwards", percent)
	}
}

var garbage []byte

func TestSome(t *testing.T) {
	i := thread(t)
	dir := t.TempDir()
	var errs [5]error
	call := i.Fail(inject.Failure{Nth: 2, Calls: []string{"mkdirat"}, Errno: unix.ENOSPC, Stays: true}, func() {
		for n := range errs {
			errs[n] = os.Mkdir(filepath.Join(dir, string(rune('a'+n))), 0o700)
			os.Lstat(dir)
		}
	})
	if call != "mkdirat" || errs[0] != nil {
		t.Errorf("%q failed, errors are %v", call, errs)
	}
	for _, err := range errs[1:] {
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("errors are %v", errs)
		}
	}
}

func TestShort(t *testing.T) {
	i := thread(t)
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var n int
	call := i.Fail(inject.Failure{Nth: 1, Short: true}, func() { n, err = unix.Pwrite(int(f.Fd()), []byte("0123456789"), 3) })
	if call != "pwrite64" || n != 5 || err != nil {
		t.Errorf("%s: wrote %d, %v", call, n, err)
	}
	b := make([]byte, 8)
	call = i.Fail(inject.Failure{Nth: 1, Short: true}, func() { n, err = unix.Pread(int(f.Fd()), b, 2) })
	if call != "pread64" || n != 4 || err != nil || !bytes.Equal(b, []byte("\x00012\x00\x00\x00\x00")) {
		t.Errorf("%s: read %d, %v: %q", call, n, err, b)
	}
}

// TestWithGC: signals of the runtime interrupt calls that wait for an answer;
// they are counted once.
func TestWithGC(t *testing.T) {
	i := thread(t)
	done := make(chan bool)
	go func() {
		for {
			select {
			case <-done:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer close(done)
	dir := t.TempDir()
	for n := 1; n <= 40; n++ {
		ok := 0
		call := i.Fail(inject.Failure{Nth: n, Calls: []string{"mkdirat", "unlinkat"}, Errno: unix.EIO}, func() {
			for ; ok < 500; ok++ {
				if os.Mkdir(dir+"/x", 0o700) != nil || unix.Rmdir(dir+"/x") != nil {
					break
				}
			}
		})
		os.Remove(dir + "/x")
		if want := (n - 1) / 2; ok != want || call != []string{"unlinkat", "mkdirat"}[n%2] {
			t.Errorf("%d: %s failed, %d before it, want %d", n, call, ok, want)
		}
	}
}
