package scenario

import (
	"archive/tar"
	"testing"
)

// An init that is missing or cannot be run in the chosen state: the state
// before is tried.
func TestInitOfAState(t *testing.T) {
	t.Parallel()
	program := func(mode int64) layer {
		return layer{{tar.Header{Typeflag: tar.TypeReg, Name: "sbin/myinit", Mode: mode}, "#!/bin/sh\nexec /sbin/init\n"}}.withDirs()
	}
	noProgram := layer{{tar.Header{Typeflag: tar.TypeReg, Name: "sbin/myinit", Mode: 0o755}, "neither ELF nor a script"}}.withDirs()
	directory := layer{{Header: tar.Header{Typeflag: tar.TypeDir, Name: "sbin/myinit/", Mode: 0o755}}}.withDirs()
	for n, test := range []struct {
		name string
		bad  layer
	}{
		{"missing", layer{}.without("sbin/myinit")},
		{"not executable", program(0o644)},
		{"a directory", directory},
		{"not a program", noProgram},
	} {
		t.Run(test.name, func(t *testing.T) {
			onEither(t, n, func(u *unit) {
				u.snapshots(program(0o755), text("etc/two", "2"), test.bad)
				u.untouched("a boot", func() {
					u.boot("init=/sbin/myinit")
					u.state(2, false)
					u.skipped("snapshot 3", "init")
					u.holds(map[string]string{"/etc/two": "2"})
				})
			})
		})
	}
}

// The firmware's own init, deleted by a commit.
func TestInitDeleted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{text("etc/one", "1")}, layer{}.without("sbin/init"))
		u.boot()
		u.state(1, false)
		u.skipped("volatile", "/sbin/init")
		u.want("init", "cat /proc/1/comm")
	})
}
