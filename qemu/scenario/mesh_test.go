package scenario

import (
	"fmt"
	"testing"

	"chainroot/qemu"
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
	far.fellBack(1, false, "10.0.0.1 does not answer")
}

// newNode returns one of the two nodes of a mesh, 1 and 2.
func newNode(t *testing.T, number int, cable *qemu.Cable) *unit {
	t.Helper()
	u := newUnitNamed(t, fmt.Sprint(t.Name(), "/", number), "amd64", qemu.MTD)
	u.resets, u.cable = true, cable
	u.snapshots(append(append(
		text("etc/mesh", fmt.Sprintf("number=%d\nother=%d\nchannel=6\n", number, 3-number)),
		script("etc/rc.local", 0o755, joinMesh)...),
		script(required+"neighbour", 0o755, neighbour)...).withDirs())
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

// neighbour is a check of a node.
const neighbour = `. /etc/mesh
ping -c 1 -W 2 10.0.0.$other || { echo "10.0.0.$other does not answer"; exit 1; }`

// reaches waits until the node reaches its neighbour, or does not.
func (u *unit) reaches(want bool) {
	u.Helper()
	u.until("the neighbour", func() bool {
		return (u.try("/etc/snapshot/health.d/required.d/neighbour").Status == 0) == want
	})
}
