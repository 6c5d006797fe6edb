//go:build amd64 || arm64

package inject

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Failure is what happens to a call.
type Failure struct {
	Nth   int        // of those that count, from 1
	Calls []string   // the names of those that count; nil: all
	Errno unix.Errno // what it returns; it does nothing else, but for close, which closes
	Short bool       // instead, a read or write does the first half; only those of 2 bytes and more count
	Stays bool       // all that count fail from then on
}

// Thread is a thread whose system calls can fail.
type Thread struct {
	fd  int
	log int    // the descriptor of the log of package testing, whose writes always succeed; -1: none
	tid uint32 // children that it starts have the same filter, and calls of their own

	mu      sync.Mutex
	armed   bool
	failure Failure
	count   int    // calls that counted
	failed  string // the first call that failed
}

// NewThread makes the calling goroutine the only one of its thread, for the
// rest of its life, and gets hold of the system calls of that, but for those
// with the given names. All that are not made in Fail are as ever, though
// slower.
func NewThread(except ...string) (*Thread, error) {
	runtime.LockOSThread()
	// A signal takes back a call that is held up, and it comes again: the scheduler
	// sends many, to threads that run for long.
	var urgent unix.Sigset_t
	urgent.Val[0] = 1 << (unix.SIGURG - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &urgent, nil); err != nil {
		return nil, fmt.Errorf("cannot block signals: %w", err)
	}
	log := testLog()
	fd, err := install(except)
	if err != nil {
		return nil, err
	}
	t := &Thread{fd: fd, log: log, tid: uint32(unix.Gettid())}
	go t.answer()
	return t, nil
}

// testLog returns the descriptor of the file in which package testing takes down
// what a test opens, so that its result can be cached.
func testLog() int {
	f := flag.Lookup("test.testlogfile")
	if f == nil || f.Value.String() == "" {
		return -1
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	for _, e := range open {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && to == f.Value.String() {
			if fd, err := strconv.Atoi(e.Name()); err == nil {
				return fd
			}
		}
	}
	return -1
}

// Fail runs f with a failure in it, and returns the name of the call that
// failed, or "" when there were not so many.
func (t *Thread) Fail(failure Failure, f func()) string {
	t.mu.Lock()
	t.armed, t.failure, t.count, t.failed = true, failure, 0, ""
	t.mu.Unlock()
	holdCollector(true)
	defer func() {
		holdCollector(false)
		t.mu.Lock()
		t.armed = false
		t.mu.Unlock()
	}()
	f()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Each runs f with a failure in its first call, then in its second, and so on until one
// run is left in peace, and returns how many were not. After each run it calls after,
// with the failure and what Fail returned.
func (t *Thread) Each(failure Failure, f func(), after func(failure Failure, call string)) int {
	for n := 0; ; n++ {
		failure.Nth = n + 1
		call := t.Fail(failure, f)
		after(failure, call)
		if call == "" {
			return n
		}
	}
}

// collector is how many functions run in Fail, and what the garbage collector was set to
// before.
var collector struct {
	sync.Mutex
	held, percent int
}

// holdCollector keeps the garbage collector from running, or lets it run again. It would
// stop the goroutine that answers, and wait for the one that is held up in a call which
// the runtime does not know of: for ever.
func holdCollector(hold bool) {
	c := &collector
	c.Lock()
	defer c.Unlock()
	switch {
	case hold && c.held == 0:
		c.percent = debug.SetGCPercent(-1)
		fallthrough
	case hold:
		c.held++
	default:
		if c.held--; c.held == 0 {
			debug.SetGCPercent(c.percent)
		}
	}
}

// answer answers calls until the thread is gone.
func (t *Thread) answer() {
	defer unix.Close(t.fd)
	for {
		n, err := receive(t.fd)
		if err == unix.EPIPE {
			return
		} else if err != nil {
			panic(fmt.Sprintf("inject: cannot receive a system call: %v", err))
		}
		t.one(n)
	}
}

// one answers one call.
func (t *Thread) one(n *notification) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	counts := t.armed && n.pid == t.tid && t.failure.counts(n) && (n.nr != unix.SYS_WRITE || int(n.args[0]) != t.log)
	hit := counts && (t.count+1 == t.failure.Nth || t.failure.Stays && t.count >= t.failure.Nth)
	if hit {
		r = t.failure.response(n)
	}
	if !send(t.fd, r) {
		return
	}
	if counts {
		t.count++
	}
	if hit && t.failed == "" {
		t.failed = names[uintptr(n.nr)]
	}
}

// counts reports whether a call is one of those that can fail.
func (f *Failure) counts(n *notification) bool {
	if f.Short {
		switch n.nr {
		case unix.SYS_READ, unix.SYS_WRITE, unix.SYS_PREAD64, unix.SYS_PWRITE64:
		default:
			return false
		}
		if n.args[2] < 2 {
			return false
		}
	}
	return f.Calls == nil || slices.Contains(f.Calls, names[uintptr(n.nr)])
}

// response makes the failure. What it does of the call, it does in place of the
// thread: memory and descriptors are the same.
func (f *Failure) response(n *notification) response {
	if f.Short {
		a := n.args
		got, _, errno := unix.Syscall6(uintptr(n.nr), uintptr(a[0]), uintptr(a[1]), uintptr(a[2]/2), uintptr(a[3]), uintptr(a[4]), uintptr(a[5]))
		if errno != 0 {
			return response{id: n.id, errno: -int32(errno)}
		}
		return response{id: n.id, val: int64(got)}
	}
	if n.nr == unix.SYS_CLOSE {
		unix.Close(int(n.args[0]))
	}
	return response{id: n.id, errno: -int32(f.Errno)}
}
