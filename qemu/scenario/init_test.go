package scenario

import (
	"archive/tar"
	"testing"
)

// An init that is missing or cannot be run in the chosen state: the state
// before is tried.
func TestInitOfAState(t *testing.T) {
	t.Parallel()
	const myinit, start = "sbin/myinit", "exec /sbin/init"
	directory := layer{{Header: tar.Header{Typeflag: tar.TypeDir, Name: myinit + "/", Mode: 0o755}}}.withDirs()
	for n, test := range []struct {
		name string
		bad  layer
	}{
		{"missing", layer{}.without(myinit)},
		{"not executable", script(myinit, 0o644, start)},
		{"a directory", directory},
		{"not a program", program(myinit, 0o755, "neither ELF nor a script")},
	} {
		t.Run(test.name, func(t *testing.T) {
			onEither(t, n, func(u *unit) {
				u.snapshots(script(myinit, 0o755, start), text("etc/two", "2"), test.bad)
				u.untouched("a boot", func() {
					u.boot("init=/" + myinit)
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
