package scenario

import (
	"encoding/json"
	"strings"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// apt upgrades a Debian, and each upgrade is a snapshot: what fails, or finds nothing
// to do, writes nothing, and what is on trial stands alone.
func TestUpgradeOnDebian(t *testing.T) {
	t.Parallel()
	u := newDebian(t, qemu.MTD)
	u.bootDebian()
	u.up()
	u.run("mkdir -p /etc/snapshot; printf '%s\\n' /var/cache/apt /var/lib/apt/lists /var/log/journal > /etc/snapshot/exclude")
	u.install()
	u.run("echo changed > /etc/" + image.Package + ".conf; snapshot push --label first")

	u.refuse(1, "snapshot upgrade") // the disk with the lists is not there
	u.repository("/upgrade")
	u.plans("1.0", "2.0")
	said := u.run("snapshot upgrade")
	for _, say := range []string{"  " + image.Package + "  1.0 -> 2.0\n", "1 package to upgrade, ", "Setting up " + image.Package + " (2.0)", "Snapshot 2 (upgrade: " + image.Package + " 1.0→2.0) is in the chain"} {
		if !strings.Contains(said, say) {
			u.Errorf("%q is not in\n%s", say, said)
		}
	}
	u.version("2.0")
	u.want("0", "find /var/cache/apt/archives -name '*.deb' | wc -l")
	for _, command := range []string{"snapshot log", "snapshot info"} {
		if said := u.run(command); !strings.Contains(said, "upgrade: "+image.Package+" 1.0→2.0") {
			u.Errorf("%s does not show the label:\n%s", command, said)
		}
	}
	u.untouched("nothing to upgrade", func() {
		if said := u.run("snapshot upgrade --yes"); !strings.Contains(said, "There is nothing to upgrade.") {
			u.Error(said)
		}
	})
	u.untouched("upgrades that fail", u.failingUpgrades)

	u.bootDebian()
	u.state(2, false)
	u.up()
	u.version("2.0")
	u.repository("/next")
	u.run("snapshot upgrade --try=2 --label three")
	u.untouched("an upgrade on top of a trial", func() {
		if said := u.refuse(69, "snapshot upgrade --try"); !strings.Contains(said, "snapshot 3 is on trial") {
			u.Error(said)
		}
	})

	u.bootDebian()
	u.onTrial("snapshot 3", 1)
	u.up()
	u.version("3.0")
	u.run("snapshot rollback 1")
	u.ends("systemctl poweroff", "Power down")

	u.bootDebian()
	u.state(1, false)
	u.up()
	u.version("1.0")
}

// repository makes one on the disk with tools the only one.
func (u *unit) repository(name string) {
	u.Helper()
	u.run("mountpoint -q /mnt || " + mountTools)
	u.run("echo 'deb [trusted=yes] file:/mnt" + name + " ./' > /etc/apt/sources.list")
}

// plans checks what a dry run says is to be done.
func (u *unit) plans(old, next string) {
	u.Helper()
	u.untouched("a dry run", func() {
		var plan struct {
			Manager  string
			Packages []struct{ Name, Old, New string }
			Download int64
			Blocks   int
			Free     int
		}
		said := u.run("snapshot upgrade --dry-run --json 2> /dev/null")
		if err := json.Unmarshal([]byte(said), &plan); err != nil {
			u.Fatalf("%v in\n%s", err, said)
		}
		if p := plan.Packages; len(p) != 1 || p[0].Name != image.Package || p[0].Old != old || p[0].New != next ||
			plan.Manager != "apt-get" || plan.Download < 500 || plan.Blocks < 1 || plan.Free < plan.Blocks {
			u.Errorf("%+v", plan)
		}
		u.version(old)
	})
}

// version checks which version of the package is installed, configured and running,
// with the configuration that was changed by hand.
func (u *unit) version(want string) {
	u.Helper()
	u.want("ii  "+want, "dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "+image.Package)
	u.want("", "dpkg --audit")
	u.want("active", "systemctl is-active "+image.Package)
	u.holds(map[string]string{"/run/" + image.Package: want, image.VersionFile: want, "/etc/" + image.Package + ".conf": "changed"})
}

// failingUpgrades lets the lists be gone, and a package fail to be configured.
func (u *unit) failingUpgrades() {
	u.Helper()
	u.run("umount /mnt")
	if said := u.refuse(1, "snapshot upgrade"); !strings.Contains(said, "cannot fetch the lists of packages: apt-get update: exit code 100; nothing was installed") {
		u.Errorf("no repository: %s", said)
	}
	u.repository("/next")
	u.run("touch " + image.Breaks)
	said := u.refuse(3, "snapshot upgrade")
	if !strings.Contains(said, "nothing was pushed, and a reboot returns to the state before") {
		u.Errorf("a package that cannot be configured: %s", said)
	}
	u.want("iF  3.0", "dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "+image.Package)
}
