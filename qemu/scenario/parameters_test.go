package scenario

import (
	"strings"
	"testing"

	"chainroot/boot"
)

// Each kernel parameter boots the state that it names, for this boot only, and
// writes nothing.
func TestKernelParameters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		params   string
		snapshot int
		volatile bool
		asked    string
		layout   string
		console  string // a word it must say
	}{
		{"", 2, true, "last", boot.Stacked, ""},
		{"snapshot.rollback", 2, false, "rollback", boot.Stacked, ""},
		{"snapshot.rollback=2", 2, false, "rollback=2", boot.Stacked, ""},
		{"snapshot.rollback=1", 1, false, "rollback=1", boot.Stacked, ""},
		{"snapshot.rollback=0", 0, false, "rollback=0", boot.Stacked, ""},
		{"snapshot.rollback=7", 2, true, "rollback=7", boot.Stacked, "no snapshot 7"},
		{"snapshot.skip", 0, false, "skip", boot.Stacked, "snapshot.skip"},
		{"snapshot.layout=flat", 2, true, "last", boot.Flat, ""},
		{"snapshot.layout=flat snapshot.rollback=1 snapshot.debug", 1, false, "rollback=1", boot.Flat, ""},
	} {
		t.Run(test.params, func(t *testing.T) {
			onBoth(t, func(u *unit) {
				u.entries([]layer{
					text("etc/state", "one", "etc/one", "1", "etc/both", "1"),
					text("etc/state", "two", "etc/two", "2").without("etc/both", "www/index.html"),
				}, text("etc/state", "three", "etc/three", "3").without("etc/two"))
				u.untouched("a boot", func() {
					u.boot(strings.Fields(test.params)...)
					r := u.state(test.snapshot, test.volatile)
					if r.Asked != test.asked || r.Layout != test.layout {
						u.Errorf("asked %q, layout %q, want %q, %q", r.Asked, r.Layout, test.asked, test.layout)
					}
					want := map[string]string{"/etc/state": "", "/etc/one": "", "/etc/two": "", "/etc/three": "", "/etc/both": "",
						"/www/index.html": "<h1>unit</h1>"}
					if test.snapshot >= 1 {
						want["/etc/state"], want["/etc/one"], want["/etc/both"] = "one", "1", "1"
					}
					if test.snapshot >= 2 {
						want["/etc/state"], want["/etc/two"], want["/etc/both"], want["/www/index.html"] = "two", "2", "", ""
					}
					if test.volatile {
						want["/etc/state"], want["/etc/three"], want["/etc/two"] = "three", "3", ""
					}
					u.holds(want)
					u.run("echo works > /etc/works")
					if !strings.Contains(u.vm.Console.Text(), test.console) {
						u.Errorf("the console does not say %q", test.console)
					}
				})
			})
		})
	}
}

// A container engine brings an overlay of its own: on the flat layout it fits.
func TestOverlayOnTop(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot("snapshot.layout=flat")
		u.run("mkdir /c /tmp/u /tmp/w; mount -t overlay none -o lowerdir=/etc,upperdir=/tmp/u,workdir=/tmp/w /c")
		u.run("echo x > /c/x && umount /c")
	})
}

// The states of a unit with nothing on its flash but the volatile entry.
func TestRollbackOfAFirstConfig(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries(nil, text("etc/state", "volatile"))
		u.untouched("a boot", func() {
			u.boot("snapshot.rollback")
			u.state(0, false)
			u.holds(map[string]string{"/etc/state": ""})
		})
	})
}
