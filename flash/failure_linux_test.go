//go:build amd64 || arm64

package flash_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/flash"
	"chainroot/inject"
)

// work writes to an image, and returns what it read back.
func work(path string) (got []byte, err error) {
	d, err := flash.Open(path, &flash.Options{EraseSize: 4096, WriteSize: 512})
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := d.Close(); err == nil {
			err = closed
		}
	}()
	if err := d.Erase(1); err != nil {
		return nil, err
	}
	if err := d.Program(bytes.Repeat([]byte("unit"), 3*512/4), 4096+512); err != nil {
		return nil, err
	}
	if err := d.Sync(); err != nil {
		return nil, err
	}
	got = make([]byte, 8192)
	_, err = d.ReadAt(got, 0)
	return got, err
}

func worked(got []byte) bool {
	want := append(make([]byte, 4096), bytes.Repeat([]byte{0xFF}, 4096)...)
	copy(want[4096+512:], bytes.Repeat([]byte("unit"), 3*512/4))
	return bytes.Equal(got, want)
}

// TestSystemCallsFail: what the kernel does in part is finished, what a signal
// interrupts is done again, and any other failure is told.
func TestSystemCallsFail(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it filters system calls")
	}
	thread, err := inject.NewThread()
	if err != nil {
		t.Fatal(err)
	}
	path := image(t, 4*4096)
	for _, test := range []struct {
		name    string
		failure inject.Failure
		least   int
		goesOn  bool
	}{
		{"EIO", inject.Failure{Errno: unix.EIO}, 9, false},
		{"ENOSPC", inject.Failure{Errno: unix.ENOSPC}, 9, false},
		{"ENOMEM", inject.Failure{Errno: unix.ENOMEM}, 9, false},
		{"EINTR", inject.Failure{Errno: unix.EINTR, Calls: []string{"openat", "pread64", "pwrite64", "fsync"}}, 5, true},
		{"short", inject.Failure{Short: true}, 3, true},
	} {
		var got []byte
		failures := thread.Each(test.failure, func() { got, err = work(path) }, func(f inject.Failure, call string) {
			switch {
			case call == "" || test.goesOn:
				if err != nil || !worked(got) {
					t.Errorf("%s %d of %s: %v, or it holds something else", test.name, f.Nth, call, err)
				}
			case !errors.Is(err, f.Errno):
				t.Errorf("%s %d of %s: %v", test.name, f.Nth, call, err)
			}
		})
		t.Logf("%s, failures injected: %d", test.name, failures)
		if failures < test.least {
			t.Errorf("%s: only %d failures", test.name, failures)
		}
	}
}
