//go:build amd64 || arm64

package main

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/inject"
)

var story = [][]string{
	{"push"},
	{"config", "--upper", "b"},
	{"config", "--upper", "c"}, // by way of the back buffer
	{"push", "--upper", "d"},
	{"rollback"},
	{"rollback", "--undo"},
	{"compact"},
}

// tellAll runs the story.
func (b *bench) tellAll(f inject.Failure, stride int) {
	b.t.Helper()
	b.run("config", "--upper", b.upper("a"))
	for _, args := range story {
		args = slices.Clone(args)
		if i := slices.Index(args, "--upper") + 1; i > 0 {
			args[i] = b.upper(args[i])
		}
		b.tell(f, stride, args...)
	}
}

// tellMidway runs commands each of which finds what another was about to write.
func (b *bench) tellMidway(f inject.Failure, stride int) {
	b.t.Helper()
	b.run("config", "--upper", b.upper("a"))
	b.run("push")
	for _, args := range [][]string{{"config", "--upper", b.upper("c")}, {"push"}, {"rollback"}} {
		b.run("config", "--upper", b.upper("in the way of "+args[0]))
		b.midway("before " + args[0])
		b.tell(f, stride, args...)
	}
}

// TestCommandFails lets every system call of a command fail. What is there in
// the end is the state before or the one after, and the next command goes on.
func TestCommandFails(t *testing.T) {
	failing(t, (*bench).tellAll, []fault{
		{"EIO", reads, inject.Failure{Errno: unix.EIO}, 1, 450},
		{"EIO of reads", nil, inject.Failure{Errno: unix.EIO, Calls: reads}, 4, 180},
		{"EIO from then on", []string{"close"}, inject.Failure{Errno: unix.EIO, Stays: true}, 5, 200},
		{"ENOMEM", reads, inject.Failure{Errno: unix.ENOMEM}, 2, 200},
		{"ENOMEM of reads", nil, inject.Failure{Errno: unix.ENOMEM, Calls: reads}, 8, 90},
		{"ENOSPC from then on", nil, inject.Failure{Errno: unix.ENOSPC, Stays: true, Calls: writing}, 1, 80},
	}, (*bench).harms)
}

// TestCommandFailsMidway is TestCommandFails where the state stands in the back
// buffer, and its home was erased already.
func TestCommandFailsMidway(t *testing.T) {
	failing(t, (*bench).tellMidway, []fault{
		{"EIO", reads, inject.Failure{Errno: unix.EIO}, 1, 150},
		{"EIO of reads", nil, inject.Failure{Errno: unix.EIO, Calls: reads}, 3, 150},
		{"EIO from then on", []string{"close"}, inject.Failure{Errno: unix.EIO, Stays: true}, 5, 120},
		{"ENOMEM", reads, inject.Failure{Errno: unix.ENOMEM}, 2, 70},
		{"ENOMEM of reads", nil, inject.Failure{Errno: unix.ENOMEM, Calls: reads}, 6, 70},
		{"ENOMEM from then on", []string{"close"}, inject.Failure{Errno: unix.ENOMEM, Stays: true}, 5, 100},
	}, (*bench).harms)
}

// TestCommandGoesOn: what the kernel does in part, or not at all because a
// signal came, is done again.
func TestCommandGoesOn(t *testing.T) {
	interrupted := []string{"openat", "read", "pread64", "pwrite64", "fsync", "flock", "getdents64", "ftruncate"}
	failing(t, (*bench).tellAll, []fault{
		{"EINTR", nil, inject.Failure{Errno: unix.EINTR, Calls: interrupted}, 5, 150},
		{"short", nil, inject.Failure{Short: true}, 5, 150},
	}, func(b *bench) {
		for call, n := range b.failures {
			if b.survived[call] != n {
				b.t.Errorf("%s failed %d times, %d did no harm", call, n, b.survived[call])
			}
		}
	})
}

// harmless are the calls that a command may well do without: it closes what it
// has read; it asks for a size or a type that it could guess; it reads again,
// erases again, and writes a record to the next slot or only once.
var harmless = []string{"close", "fstat", "newfstatat", "pread64", "pwrite64", "fsync", "fadvise64"}

// harms fails the test if a failure was passed over that does harm.
func (b *bench) harms() {
	b.t.Helper()
	for call, n := range b.survived {
		if !slices.Contains(harmless, call) {
			b.t.Errorf("%s failed %d times without an error", call, n)
		}
	}
	for _, call := range []string{"pwrite64", "fsync", "fadvise64", "close"} {
		if n := b.failures[call]; n > 0 && b.survived[call] == n && !testing.Short() {
			b.t.Errorf("%s failed %d times, and never with an error", call, n)
		}
	}
}

// reads are the calls that are many.
var reads = []string{"pread64"}

// writing are the calls for which a file system needs room.
var writing = []string{"pwrite64", "write", "ftruncate", "mkdirat", "mknodat", "symlinkat", "linkat", "fsetxattr", "lsetxattr"}

// fault is a failure for each one in stride of the calls that count.
type fault struct {
	name    string
	except  []string // calls that do not
	failure inject.Failure
	stride  int
	least   int // failures that there must be
}

// short returns a ninth of the failures with -short.
func (f fault) short() fault {
	if testing.Short() {
		f.stride, f.least = f.stride*9, f.least/18
	}
	return f
}

// failing tells a story with each of the faults, and checks what came of it.
func failing(t *testing.T, tell func(*bench, inject.Failure, int), faults []fault, check func(*bench)) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			b := newBench(t, f.except...)
			f = f.short()
			tell(b, f.failure, f.stride)
			b.counts(f.least)
			check(b)
		})
	}
}
