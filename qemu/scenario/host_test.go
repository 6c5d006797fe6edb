package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A workstation and a unit see the same chain on the same flash.
func TestHostAndUnit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		upper := filepath.Join(u.TempDir(), "upper")
		u.must(os.MkdirAll(filepath.Join(upper, "etc"), 0o755))
		u.must(os.WriteFile(filepath.Join(upper, "etc", "made"), []byte("on the host"), 0o644))
		u.onHost("push", "--upper", upper, "--label", "from the host")
		id := strings.TrimSpace(u.onHost("id"))

		u.untouched("a boot", func() {
			u.boot()
			r := u.state(1, false)
			if r.Entries[0].Label != "from the host" {
				u.Errorf("entries %+v", r.Entries)
			}
			u.holds(map[string]string{"/etc/made": "on the host"})
			u.want(id, "snapshot id")
		})
		u.run("echo on the unit > /etc/unit; snapshot push")
		id = strings.TrimSpace(u.run("snapshot id"))

		u.untouched("reading on the host", func() {
			if got := strings.TrimSpace(u.onHost("id")); got != id {
				u.Errorf("id on the host %s, on the unit %s", got, id)
			}
			u.onHost("verify")
			u.onHost("info")
		})
		u.onHost("rollback", "1")
		u.boot()
		u.state(1, false)
		u.holds(map[string]string{"/etc/made": "on the host", "/etc/unit": ""})
	})
}
