package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// A node of a mesh is told to take another channel than its neighbour, on trial: it
// is out of reach then, and comes back with no hand on it.
func TestMeshComesBack(t *testing.T) {
	t.Parallel()
	here, there := qemu.NewCable(t.TempDir())
	near, far := newNode(t, 1, here), newNode(t, 2, there)
	near.start()
	far.start()
	near.ready()
	far.ready()
	near.reaches(true)

	far.run("sed -i s/channel=6/channel=11/ /etc/mesh; snapshot push --try")
	far.reset()
	far.untilUp(2)
	far.onTrial("snapshot 2", 2)
	near.reaches(false)
	far.untilUp(3)
	near.reaches(true)
	far.fellBack(1, false, "no neighbour 10.0.0.1 on bat0")
}

// newNode returns one of the two nodes of a mesh, 1 and 2.
func newNode(t *testing.T, number int, cable *qemu.Cable) *unit {
	t.Helper()
	u := newUnitNamed(t, fmt.Sprint(t.Name(), "/", number), "amd64", qemu.MTD)
	u.resets, u.cable = true, cable
	source, err := image.Source()
	u.must(err)
	check, err := os.ReadFile(filepath.Join(source, "examples", "health", "required.d", neighbour))
	u.must(err)
	u.snapshots(append(append(
		text("etc/mesh", fmt.Sprintf("number=%d\nother=%d\nchannel=6\n", number, 3-number),
			"etc/snapshot/health.conf", fmt.Sprintf("mesh_device=bat0\nmesh_by=ip\nmesh_neighbour=10.0.0.%d\n", 3-number)),
		script("etc/rc.local", 0o755, joinMesh)...),
		program(required+neighbour, 0o755, string(check))...).withDirs())
	return u
}

// joinMesh brings up bat0, on a VLAN that stands for a radio's channel. batman-adv
// keeps broadcasts back for half a minute, for fear of loops: the neighbour is known
// without ARP.
const joinMesh = `. /etc/mesh
ip link set eth0 mtu 1564 up
ip link add link eth0 name mesh0 type vlan id $channel
ip link set mesh0 mtu 1560 up
ip link add bat0 type batadv
ip link set mesh0 master bat0
ip link set bat0 address 02:00:00:00:00:0$number up
ip addr add 10.0.0.$number/24 dev bat0
arp -i bat0 -s 10.0.0.$other 02:00:00:00:00:0$other
snapshot health --watch --interval 1s --deadline 20s > /dev/kmsg 2>&1 &`

// neighbour is the check that is among the examples.
const neighbour = "30-neighbour"

// reaches waits until the node reaches its neighbour, or does not.
func (u *unit) reaches(want bool) {
	u.Helper()
	u.until("the neighbour", func() bool {
		return (u.try("/"+required+neighbour).Status == 0) == want
	})
}
