//go:build amd64 || arm64

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/inject"
)

// TestCommandFailsOnUnit is TestCommandFails on a running unit: what is noted
// about it may fail too.
func TestCommandFailsOnUnit(t *testing.T) {
	for _, f := range []fault{
		{"EIO", []string{"pread64"}, inject.Failure{Errno: unix.EIO}, 1, 300},
		{"ENOSPC from then on", nil, inject.Failure{Errno: unix.ENOSPC, Stays: true, Calls: writing}, 1, 25},
	} {
		t.Run(f.name, func(t *testing.T) {
			f = f.short()
			u := newUnit(t)
			u.path = filepath.Join(inRAM(t), "image")
			must(t, os.WriteFile(u.path, bytes.Repeat([]byte{0xFF}, 32<<16), 0o600))
			u.boot()
			b := &bench{image: u.image, root: u.root, next: []string{"config"}}
			u.do("etc/a", "1")
			u.must("push")
			u.boot()
			b.start(f.except...)
			u.do("etc/b", "2")
			b.tell(f.failure, f.stride, "config")
			b.tell(f.failure, f.stride, "push")
			u.do("etc/a", "-", "etc/c", "3")
			b.tell(f.failure, f.stride, "push")
			b.tell(f.failure, f.stride, "compact")
			b.counts(f.least)
			u.must("config")
			u.boot()
			u.shows(append([]string{"etc/b=2", "etc/c=3"}, firmware...)...)
		})
	}
}
