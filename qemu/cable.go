package qemu

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Cable is one end of a network cable between two machines: the only network that
// a machine can have. Frames that nobody receives at the other end are lost.
type Cable struct {
	Here  string // socket of this end
	There string // socket of the other end
	MAC   string // address of the machine's card
}

// NewCable returns both ends of a cable whose sockets lie in a directory.
func NewCable(dir string) (a, b *Cable) {
	one, other := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	return &Cable{Here: one, There: other, MAC: "52:54:00:00:00:0a"}, &Cable{Here: other, There: one, MAC: "52:54:00:00:00:0b"}
}

// args puts a card with the cable into the machine. What the card brings along to
// boot from is left out: a PC would try it.
func (c *Cable) args() []string {
	comma := func(path string) string { return strings.ReplaceAll(path, ",", ",,") }
	return []string{
		"-netdev", fmt.Sprintf("dgram,id=cable,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s", comma(c.Here), comma(c.There)),
		"-device", "virtio-net-pci,netdev=cable,romfile=,mac=" + c.MAC,
	}
}
