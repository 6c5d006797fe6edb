package qemu_test

import (
	"slices"
	"strings"
	"testing"

	"chainroot/qemu"
)

func TestCable(t *testing.T) {
	a, b := qemu.NewCable("/run/a,b")
	if a.Here != b.There || a.There != b.Here || a.Here == a.There || a.MAC == b.MAC {
		t.Errorf("ends %+v and %+v", a, b)
	}
	m := machine
	m.Cable = a
	args := m.Args(qemu.Terminal)
	for _, want := range []string{
		"dgram,id=cable,local.type=unix,local.path=/run/a,,b/a,remote.type=unix,remote.path=/run/a,,b/b",
		"virtio-net-pci,netdev=cable,romfile=,mac=52:54:00:00:00:0a",
	} {
		if !slices.Contains(args, want) {
			t.Errorf("%q is not in %q", want, args)
		}
	}
	if args := strings.Join(machine.Args(qemu.Terminal), " "); strings.Contains(args, "net") {
		t.Errorf("without a cable: %s", args)
	}
}
