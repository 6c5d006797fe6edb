//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"

	"golang.org/x/sys/unix"
)

// generated are the trees that generation changes.
var generated = []string{"/etc", "/usr/share/sample"}

// generation makes the trees below root those of a number, whatever they were
// before: each number has its own, and says so in every file, so that none can
// pass for a part of another. Files come, change, and go, those of the firmware
// too.
func generation(root string, n uint64) error {
	g := &generator{root: root, n: n, random: rand.New(rand.NewPCG(n, 1))}
	g.own("/etc/powercut")
	g.file("/etc/banner", 0o644, 0)
	g.file("/etc/config/system", 0o644, 2000)
	g.times("/etc/config")
	g.firmware("/usr/share/sample")
	g.times(generated...)
	return g.err
}

// own makes files that the firmware does not have.
func (g *generator) own(top string) {
	g.dir(top)
	g.file(top+"/large", 0o600, 100<<10)
	for i := range 8 {
		name := fmt.Sprint(top, "/", i)
		if g.random.IntN(2) == 0 {
			g.remove(name)
		} else {
			g.file(name, os.FileMode(0o600+g.random.IntN(0o200)), 500)
		}
	}
	g.link(top+"/link", fmt.Sprint("number ", g.n))
	g.times(top)
}

// firmware changes files of the firmware, with every means that an overlay has
// to hide what is below: whiteouts, opaque directories, one kind of file over
// another.
func (g *generator) firmware(top string) {
	g.file(top+"/changed", 0o644, 0)
	if g.random.IntN(2) == 0 {
		g.remove(top + "/deleted")
	} else {
		g.file(top+"/deleted", 0o644, 0)
	}
	again := top + "/dir-recreated"
	if g.random.IntN(3) == 0 {
		g.remove(again)
	}
	g.dir(again)
	g.remove(again + "/sub")
	g.file(again+"/old", 0o644, 0)
	g.file(again+"/kept-name", 0o644, 0)
	g.times(again)
	either := top + "/file-to-dir"
	g.remove(either)
	if g.random.IntN(2) == 0 {
		g.file(either, 0o644, 0)
	} else {
		g.dir(either)
		g.file(either+"/file", 0o644, 0)
		g.times(either)
	}
}

// generator makes files below root. The first error sticks.
type generator struct {
	root   string
	n      uint64
	random *rand.Rand
	err    error
}

func (g *generator) try(err error) {
	if g.err == nil {
		g.err = err
	}
}

func (g *generator) dir(path string) {
	g.try(os.MkdirAll(g.root+path, 0o755))
	g.try(os.Chmod(g.root+path, 0o755))
}

func (g *generator) remove(path string) { g.try(os.RemoveAll(g.root + path)) }

// file makes a file: the number, and fewer than max bytes that do not compress.
func (g *generator) file(path string, mode os.FileMode, max int) {
	b := fmt.Appendln(nil, g.n)
	for range max / 8 * g.random.IntN(100) / 100 {
		b = binary.BigEndian.AppendUint64(b, g.random.Uint64())
	}
	g.try(os.WriteFile(g.root+path, b, mode))
	g.try(os.Chmod(g.root+path, mode))
	g.times(path)
}

func (g *generator) link(path, target string) {
	g.remove(path)
	g.try(os.Symlink(target, g.root+path))
	g.times(path)
}

// times gives files a time that belongs to the number.
func (g *generator) times(paths ...string) {
	t := unix.NsecToTimespec(int64(1e18 + g.n))
	for _, path := range paths {
		g.try(unix.UtimesNanoAt(unix.AT_FDCWD, g.root+path, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW))
	}
}
