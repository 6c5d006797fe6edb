package boot

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// DeadlinePath is where on the running unit it says until when the state on
// trial must be confirmed. It is gone when nothing is waited for.
const DeadlinePath = "/snapshot/deadline"

// Deadline is until when an entry must be confirmed.
type Deadline struct {
	Hash string        // of its header, in hexadecimal
	At   time.Duration // by the clock of Uptime
}

// Uptime returns the time since the kernel was started, suspended or not: no one
// can set that clock (CLOCK_BOOTTIME, clock_gettime(2)), and Go's own stands still in
// a suspend.
func Uptime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) // it fails only before Linux 2.6.39
	return time.Duration(t.Nano())
}

// Write puts d in place of the deadline in a file, at once or not at all.
func (d Deadline) Write(path string) error {
	next := path + ".new"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%s %d\n", d.Hash, d.At.Nanoseconds()), 0o644); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// ReadDeadline returns the deadline in a file. The error wraps fs.ErrNotExist if
// there is none.
func ReadDeadline(path string) (Deadline, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Deadline{}, err
	}
	hash, at, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || hash == "" {
		return Deadline{}, fmt.Errorf("%s holds no deadline: %q", path, b)
	}
	return Deadline{Hash: hash, At: time.Duration(n)}, nil
}
