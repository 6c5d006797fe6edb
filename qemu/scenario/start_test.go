package scenario

import (
	"testing"

	"chainroot/qemu"
)

// The ways in which a kernel comes to start preinit: from an initramfs that the
// boot loader brings or that is linked into the kernel, as /init, as kernels do
// that are told nothing, or by name.
func TestWaysToStart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		builtIn, asInit bool
	}{
		{"initrd, rdinit", false, false},
		{"initrd, init", false, true},
		{"built in, rdinit", true, false},
		{"built in, init", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := newUnitOn(t, "mips", qemu.NOR)
			change := func(m *qemu.Machine) {
				m.AsInit = test.asInit
				if test.builtIn {
					kernel, err := u.image.BuiltIn()
					u.must(err)
					m.Kernel, m.Initramfs = kernel, ""
				}
			}
			u.startMachine(change)
			started := map[bool]string{false: "Run /preinit as init process", true: "Run /init as init process"}[test.asInit]
			u.expect(started)
			u.ready()
			u.state(0, false)
			u.run("echo kept > /etc/kept; snapshot push")
			u.startMachine(change)
			u.ready()
			u.state(1, false)
			u.holds(map[string]string{"/etc/kept": "kept"})
			u.mounts()
		})
	}
}
