package scenario

import (
	"strings"
	"testing"
)

// What a boot shows is the same after compact, and so is what a unit saves that
// goes on without a reboot.
func TestCompact(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.entries([]layer{
			text("etc/one", "1", "etc/dir/a", "a", "etc/dir/b", "b"),
			text("etc/two", "2").without("etc/dir/a"),
			text("etc/three", "3").without("etc/one"),
		}, text("etc/four", "4"))
		u.boot()
		tops := "/etc /usr/share/sample"
		before := u.tree(tops)
		if out := u.run("snapshot compact --keep 1"); !strings.Contains(out, "Folded 2 snapshots into one of ") {
			u.Errorf("compact says %s", out)
		}
		u.untouched("config after compact", func() { u.run("snapshot config") })
		u.boot()
		u.state(2, true)
		u.same("after compact", before, u.tree(tops))

		// What it was booted with and what it pushed since become one.
		u.run("echo 5 > /etc/five; rm /etc/three; snapshot push; echo 6 > /etc/six; snapshot push; snapshot compact")
		u.untouched("config after compact", func() { u.run("snapshot config") })
		u.run("rm /etc/five /etc/two; echo more > /etc/dir/b; snapshot config")
		before = u.tree(tops)
		u.boot()
		u.state(1, true)
		u.same("after compact of both", before, u.tree(tops))
		u.holds(map[string]string{"/etc/one": "", "/etc/two": "", "/etc/three": "", "/etc/four": "4", "/etc/five": "", "/etc/six": "6", "/etc/dir/a": "", "/etc/dir/b": "more"})
		u.untouched("compact of one snapshot", func() { u.run("snapshot compact") })
		u.run("snapshot verify")
	})
}

// What does not fit into the memory once more is refused; the unit lives on.
func TestCompactWithoutMemory(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.snapshots(text("etc/one", "1"), text("root/big", strings.Repeat("x", 90<<20)))
		u.boot()
		u.state(2, false)
		u.untouched("compact", func() {
			if out := u.refuse(1, "snapshot compact"); !strings.Contains(out, "not enough RAM") {
				u.Errorf("compact says %s", out)
			}
		})
		u.run("echo 2 > /etc/two; snapshot config")
		u.boot()
		u.state(2, true)
		u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2"})
	})
}
