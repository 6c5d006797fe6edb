package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/flash"
)

// lock is an flock(2) on the device itself: it needs no file of its own, works
// for an image as for a partition, and ends with its process, however that
// ends.
type lock struct{ f *os.File }

// lockPoll is how often a busy lock is tried.
const lockPoll = 100 * time.Millisecond

// acquire takes the lock on the device at path; when another command holds it,
// it waits as long as --wait says.
func (c *cli) acquire(path string) (*lock, error) {
	node, _ := flash.Node(path)
	f, err := os.Open(node)
	if err != nil {
		return nil, &codeError{exitDevice, fmt.Errorf("cannot open flash: %w", err)}
	}
	deadline, said := time.Now().Add(c.wait), false
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return &lock{f}, nil
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
		if !time.Now().Before(deadline) {
			err := fmt.Errorf("%s holds the lock on %s: try again, or let --wait be longer", holder(f), path)
			f.Close()
			return nil, &codeError{exitLocked, err}
		}
		if !said {
			fmt.Fprintf(c.errs, "snapshot: waiting for %s to finish\n", holder(f))
			said = true
		}
		time.Sleep(lockPoll)
	}
}

func (l *lock) release() error { return l.f.Close() }

// holder names the process that holds the lock on f, from /proc/locks (proc(5)).
func holder(f *os.File) string {
	const somebody = "another snapshot command"
	st, err := f.Stat()
	if err != nil {
		return somebody
	}
	sys := st.Sys().(*syscall.Stat_t)
	dev := uint64(sys.Dev)
	id := fmt.Sprintf("%02x:%02x:%d", unix.Major(dev), unix.Minor(dev), sys.Ino)
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return somebody
	}
	defer locks.Close()
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		// 1: FLOCK  ADVISORY  WRITE 1234 00:05:678 0 EOF
		w := strings.Fields(lines.Text())
		if len(w) < 6 || w[1] != "FLOCK" || w[5] != id {
			continue
		}
		if pid, err := strconv.Atoi(w[4]); err == nil && pid > 0 {
			return fmt.Sprintf("process %d%s", pid, commandLine(pid))
		}
	}
	return somebody
}

// commandLine returns the command line of a process in brackets, or nothing.
func commandLine(pid int) string {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil || len(b) == 0 {
		return ""
	}
	return " (" + strings.Join(strings.Split(strings.TrimRight(string(b), "\x00"), "\x00"), " ") + ")"
}
