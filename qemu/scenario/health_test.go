package scenario

import (
	"strings"
	"testing"

	"chainroot/qemu"
)

// required is where the checks of a unit are that all must pass.
const required = "etc/snapshot/health.d/required.d/"

// The checks of a unit decide about a trial: what fails first and passes later
// confirms it, what never passes takes the unit back, which says why.
func TestHealthDecides(t *testing.T) {
	t.Parallel()
	u := newUnit(t, qemu.Block)
	u.resets = true
	u.snapshots(append(
		script("etc/rc.local", 0o755, "snapshot health --watch --interval 1s --deadline 30s > /tmp/watch 2>&1 &"),
		script(required+"link", 0o755, "[ -e /tmp/link ] || { echo no link on port 3; exit 1; }")...).withDirs())
	u.tries(text("etc/two", "2"), 3)
	u.boot()
	u.onTrial("snapshot 2", 2)
	u.refuse(114, "snapshot status")
	if said := u.refuse(112, "snapshot health"); !strings.Contains(said, "port 3") {
		u.Errorf("the check does not say why it fails: %s", said)
	}
	u.run("touch /tmp/link")
	u.until("the confirmation", func() bool { return u.try("snapshot status").Status == 0 })
	u.run("snapshot health")

	u.run("echo 3 > /etc/three; snapshot push --try")
	u.reset()
	u.untilUp(3)
	u.fellBack(2, false, "no link on port 3")
	u.holds(map[string]string{"/etc/two": "2", "/etc/three": ""})
}
