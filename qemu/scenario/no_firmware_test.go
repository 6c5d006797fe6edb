package scenario

import (
	"strings"
	"testing"

	"chainroot/qemu"
)

// Without firmware there is a message and a shell, or a reboot after panic=
// seconds, and never a kernel panic.
func TestNoFirmware(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*qemu.Machine)
		says   string
	}{
		"no root device": {func(m *qemu.Machine) { m.RootParam = "/dev/vdz" }, `preinit: .*/dev/vdz`},
		"no parameter":   {func(m *qemu.Machine) { m.Root = "" }, `preinit: .*root=`},
		"not a squashfs": {func(m *qemu.Machine) { m.RootParam = "/dev/vdb" }, `preinit: .*squashfs`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUnit(t, qemu.None)
			u.startMachine(test.change)
			u.expect(test.says)
			u.shell()
			if strings.Contains(u.vm.Console.Text(), "Kernel panic") {
				u.Error("the kernel panicked")
			}
			u.startMachine(func(m *qemu.Machine) {
				test.change(m)
				m.Params = []string{"panic=2"}
			})
			u.expect(test.says)
			u.must(u.vm.Wait(qemu.BootTimeout))
			if text := u.vm.Console.Text(); strings.Contains(text, "Kernel panic") {
				u.Errorf("the kernel panicked:\n%s", u.tail())
			}
		})
	}
}

// shell checks that a shell answers on the console.
func (u *unit) shell() {
	u.Helper()
	u.until("a shell", func() bool {
		u.must(u.vm.Console.Type("echo answer-$((40+2))\n"))
		return strings.Contains(u.vm.Console.Text(), "\nanswer-42\n")
	})
}

// snapshot.shell stops in a shell before the pivot; leaving it goes on.
func TestShellBeforePivot(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.snapshots(text("etc/one", "1"))
		u.start("snapshot.shell")
		u.shell()
		u.must(u.vm.Console.Type("exit\n"))
		u.ready()
		u.state(1, false)
		u.mounts()
		u.holds(map[string]string{"/etc/one": "1"})
	})
}
