package scenario

import (
	"regexp"
	"strings"
	"testing"
)

// What does not fit on the flash is refused before anything is touched, with
// what it needs and what there is in bytes and blocks; what fits still goes.
func TestFlashFull(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.erase(smallSize)
		u.boot()
		u.run("echo kept > /etc/kept; snapshot config; snapshot push; head -c 1500000 /dev/urandom > /root/big")
		u.untouched("config of too much", func() {
			said := u.refuse(73, "snapshot config")
			if amounts := regexp.MustCompile(`[0-9]+ bytes in [0-9]+`).FindAllString(said, -1); len(amounts) != 2 {
				u.Errorf("need and space in bytes and blocks are not in %q", said)
			}
			u.refuse(73, "snapshot push")
		})
		u.run("rm /root/big; echo small > /etc/small; snapshot config")
		u.boot()
		u.state(1, true)
		u.holds(map[string]string{"/etc/kept": "kept", "/etc/small": "small", "/root/big": ""})
	})
}

// A tmpfs that is too small for the chain takes the newest state that fits.
func TestSmallTmpfs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.snapshots(text("etc/one", "1"), text("etc/two", "2"), text("root/big", strings.Repeat("x", 20<<20)))
		u.untouched("a boot", func() {
			u.boot("snapshot.size=8M")
			u.state(2, false)
			u.skipped("snapshot 3", "for snapshot.size=8M: a larger one makes room")
			u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2", "/root/big": ""})
		})
		u.boot()
		u.state(3, false)
		u.want("20971520", "stat -c %s /root/big")
	})
}

// More than the machine has memory for.
func TestMoreThanMemory(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.snapshots(text("etc/one", "1"), text("root/big", strings.Repeat("x", 400<<20)))
		u.untouched("a boot", func() {
			u.boot()
			u.state(1, false)
			u.skipped("snapshot 2", "half of the RAM: snapshot.size= sets another limit")
			u.holds(map[string]string{"/etc/one": "1", "/root/big": ""})
		})
	})
}
