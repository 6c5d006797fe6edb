package scenario

import (
	"testing"

	"chainroot/boot"
	"chainroot/qemu"
)

// Without rootfs_data all changes stay in RAM, and the unit says so.
func TestNoFlash(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*qemu.Machine){
		"no partition": func(m *qemu.Machine) { m.Flash = "" },
		"not named":    func(m *qemu.Machine) { m.Attach = qemu.None },
		"not there":    func(m *qemu.Machine) { m.Flash = ""; m.Params = []string{"snapshot.device=/dev/vdb"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, qemu.None)
			u.startMachine(change)
			u.ready()
			if r := u.state(0, false); r.Device != "" || r.Layout != boot.Stacked {
				u.Errorf("boot.json: %+v", r)
			}
			u.skipped("rootfs_data", "RAM")
			u.mounts()
			u.writable()
			u.refuse(66, "snapshot config")
		})
	}
}
