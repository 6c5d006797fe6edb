package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/agent"
	"chainroot/qemu/image"
)

// debian is the image with Debian as the firmware, and a disk with tools for it.
var debian = sync.OnceValues(func() (*debianImage, error) {
	img, err := images["amd64"]()
	if err != nil {
		return nil, err
	}
	if _, err := image.CachedDebian(); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	}
	var d debianImage
	if d.Image, err = img.Debian(); err == nil {
		d.tools, err = img.Tools()
	}
	return &d, err
})

type debianImage struct {
	*image.Image
	tools string
}

// newDebian returns a unit whose firmware is Debian.
func newDebian(t *testing.T, attach qemu.Attach) *unit {
	t.Helper()
	u := newUnit(t, attach)
	d, err := debian()
	if errors.Is(err, errMissing) {
		t.Skip(err)
	}
	u.must(err)
	u.image, u.memory, u.disks = d.Image, 1024, []string{d.tools}
	return u
}

// The firmware has no agent: systemd starts a shell on the second serial line,
// and the shell one from the disk with tools, of which nothing stays mounted.
const (
	debugShell   = "systemd.debug_shell=ttyS1"
	mountTools   = "mount -o ro /dev/vdc /mnt"
	agentOfTools = mountTools + " && cp /mnt/probe /run && umount /mnt && exec /run/probe serve"
)

// bootDebian boots to where commands run, long before systemd has started
// everything.
func (u *unit) bootDebian(params ...string) {
	u.Helper()
	u.start(append(params, debugShell)...)
	if err := u.vm.Enter(agentOfTools); err != nil {
		u.Fatalf("%v; the console ends with\n%s", err, u.tail())
	}
}

// up waits until systemd has started everything, and nothing of it has failed.
func (u *unit) up() {
	u.Helper()
	if r := u.try("systemctl is-system-running --wait"); r.Output != "running\n" {
		u.Errorf("systemd says %q\n%s", r.Output+r.Errors, u.try("systemctl --failed; journalctl -b -p warning --no-pager").Output)
	}
}

// A Debian as it is, with apt and systemd, lives on a unit: what is installed is
// kept by a commit, and gone after a roll-back.
func TestDebian(t *testing.T) {
	t.Parallel()
	u := newDebian(t, qemu.MTD)
	u.bootDebian()
	u.up()
	u.state(0, false)
	u.want("systemd", "cat /proc/1/comm")
	u.pointsOnce()
	u.sizes("overlay")
	u.journal()
	u.sandbox()
	u.containers(boot.Stacked)
	u.install()
	u.run("echo changed > /etc/" + image.Package + ".conf; snapshot config")
	u.commitAtEnd()
	u.run("echo late > /etc/late")
	u.ends("systemctl reboot", "Restarting system")

	u.bootDebian()
	u.state(0, true)
	u.up()
	u.installed()
	u.holds(map[string]string{"/etc/late": "late"})
	u.want("a line of the first boot", "journalctl -t scenario -o cat")
	u.want("", "journalctl -q -b -t scenario -o cat; true") // and of no other
	u.remountsDebian()
	u.run("snapshot push; touch /etc/tried; snapshot push --try --confirm-within 1h")

	u.bootDebian() // after a power cut
	u.state(2, false)
	u.onTrial("snapshot 2", 2)
	u.up()
	u.installed()
	u.waits()
	u.run("snapshot confirm; snapshot status; snapshot rollback 0")
	u.ends("systemctl poweroff", "Power down")

	u.bootDebian()
	u.state(0, false)
	u.refuse(1, "dpkg-query -W "+image.Package)
	u.want("", "dpkg --audit; find / -xdev -name '*"+image.Package+"*'")
}

// journal checks that journald takes a line and gives it back.
func (u *unit) journal() {
	u.Helper()
	u.run("logger -t scenario a line of the first boot; journalctl --sync")
	u.want("a line of the first boot", "journalctl -b -t scenario -o cat")
	if said := u.run("journalctl -b -t preinit -o cat"); !strings.Contains(said, "booting the bare firmware") {
		u.Errorf("the journal has of preinit: %q", said)
	}
	// The file that is written to just now may look damaged.
	u.run("journalctl --rotate && journalctl -q --verify --file '/var/log/journal/*/system@*.journal'")
}

// sandbox checks that services get file systems of their own, and that nothing
// takes the root for that of a chroot.
func (u *unit) sandbox() {
	u.Helper()
	u.run("systemctl daemon-reexec; systemd-run -q --wait -p DynamicUser=yes -p ProtectSystem=strict -p PrivateTmp=yes -p PrivateDevices=yes " +
		"-p StateDirectory=scenario touch /var/lib/scenario/made && stat /var/lib/private/scenario/made")
	u.run("systemd-run -q --wait -p RootDirectory=/rom -p MountAPIVFS=yes snapshot help")
	u.refuse(1, "ischroot")
}

// install installs a package with apt, from the disk with tools.
func (u *unit) install() {
	u.Helper()
	u.run(mountTools + "; echo 'deb [trusted=yes] file:/mnt/repository ./' > /etc/apt/sources.list")
	u.run("apt-get -q update && apt-get -q -y install " + image.Package + " && apt-get -q check")
	u.run("umount /mnt")
	u.want("active", "systemctl is-active "+image.Package)
}

// commitAtEnd adds a service that commits when the machine goes down: with what
// every service depends on, it ends before /overlay is unmounted.
func (u *unit) commitAtEnd() {
	u.Helper()
	u.run(`cat > /etc/systemd/system/commit.service <<end
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStop=/sbin/snapshot config
[Install]
WantedBy=multi-user.target
end
systemctl enable --now commit`)
}

// installed checks that the package is there, and that its service was started.
func (u *unit) installed() {
	u.Helper()
	u.want("install ok installed", "dpkg-query -W -f '${Status}' "+image.Package)
	u.want("active", "systemctl is-active "+image.Package)
	u.want("", "dpkg --audit")
	u.holds(map[string]string{"/etc/" + image.Package + ".conf": "changed"})
}

// remountsDebian makes the root read-only and writable again. journald has to let
// go of it first: it keeps a file open for writing there, on any Debian.
func (u *unit) remountsDebian() {
	u.Helper()
	u.refuse(32, "mount -o remount,ro /")
	u.run("journalctl --relinquish-var")
	u.remounts()
	u.run("journalctl --flush")
}

// Where one overlay is the root, a stack of layers can be mounted on top.
func TestContainersOnDebian(t *testing.T) {
	t.Parallel()
	u := newDebian(t, qemu.Block)
	u.bootDebian("snapshot.layout=flat")
	u.up()
	u.containers(boot.Flat)
	u.ends("systemctl poweroff", "Power down")
}

// containers mounts overlays as the overlayfs snapshotter of containerd does:
// several lower directories, an upper and a work directory.
//
// The kernel refuses an upper directory on an overlay, in any layout. So the
// directory of an engine (containerd's root, /var/lib/containerd), where it keeps
// both, has to be on another file system: a disk, or a tmpfs. Layers that are in
// the root itself, those of the firmware, can be below an overlay only if the root
// is one overlay: the kernel takes two on top of each other, and not three.
func (u *unit) containers(layout string) {
	u.Helper()
	u.run("cd /var/lib && mkdir -p containerd image/1 image/2 && echo 1 > image/1/one && echo 2 > image/2/two")

	u.run("mkdir -p /var/lib/containerd/fs /var/lib/containerd/work")
	if r := u.overlay("/var/lib/image", "/var/lib/containerd"); r.Status == 0 {
		u.Error("an upper directory on the root was taken")
	}
	u.want("1", "dmesg | grep -c 'overlayfs: filesystem on .*/var/lib/containerd/fs.* not supported'")

	u.run("mount -t tmpfs tmpfs /var/lib/containerd && cd /var/lib/containerd && mkdir fs work && cp -a ../image .")
	if r := u.overlay("/var/lib/containerd/image", "/var/lib/containerd"); r.Status != 0 {
		u.Errorf("all on a tmpfs: %s", r.Errors)
	}
	u.writesThrough()

	r := u.overlay("/var/lib/image", "/var/lib/containerd")
	switch layout {
	case boot.Flat:
		if r.Status != 0 {
			u.Fatalf("layers in the root: %s%s", r.Errors, u.run("dmesg | tail -n 5"))
		}
		u.writesThrough()
		u.holds(map[string]string{"/var/lib/image/1/one": "1"})
	default:
		if r.Status == 0 {
			u.Error("a third overlay was taken")
		}
		u.want("1", "dmesg | grep -c 'maximum fs stacking depth exceeded'")
	}
	u.run("umount /var/lib/containerd")

	// An engine enters a root with pivot_root(2), which is refused in an initramfs.
	u.want("entered", "unshare -m sh -c 'mount --bind /rom /mnt && cd /mnt && pivot_root . mnt && [ -e /mnt/snapshot/boot.json ] && echo entered'")
}

// overlay mounts two layers with an upper directory on /mnt.
func (u *unit) overlay(layers, top string) agent.Result {
	u.Helper()
	return u.try(fmt.Sprintf("mount -t overlay overlay -o index=off,workdir=%[2]s/work,upperdir=%[2]s/fs,lowerdir=%[1]s/2:%[1]s/1 /mnt", layers, top))
}

// writesThrough changes a file of a layer through the overlay on /mnt, and
// unmounts that.
func (u *unit) writesThrough() {
	u.Helper()
	u.want("1\n2", "cat /mnt/one /mnt/two")
	u.run("echo changed > /mnt/one; rm /mnt/two; echo new > /mnt/three")
	u.want("changed\nnew", "cat /mnt/one /mnt/three")
	u.want(strings.Join([]string{"one", "three", "two"}, "\n"), "ls /var/lib/containerd/fs")
	u.run("umount /mnt; rm -r /var/lib/containerd/fs /var/lib/containerd/work; mkdir /var/lib/containerd/fs /var/lib/containerd/work")
}
