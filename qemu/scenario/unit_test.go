package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// Sizes of rootfs_data, in bytes.
const (
	flashSize = 8 << 20
	smallSize = 1 << 20
)

var errMissing = errors.New("cannot boot virtual machines here (make images gets what is missing)")

// place is where the image and the flashes of the tests lie.
var place = sync.OnceValues(func() (string, error) {
	source, err := image.Source()
	return filepath.Join(source, "build", "scenario"), err
})

// images are the images of the boards, by architecture. Each is built once for all
// tests, and one after the other.
var images = func() map[string]func() (*image.Image, error) {
	m := map[string]func() (*image.Image, error){}
	var one sync.Mutex
	for _, board := range qemu.Boards() {
		m[board.Arch] = sync.OnceValues(func() (*image.Image, error) {
			one.Lock()
			defer one.Unlock()
			return build(board.Arch)
		})
	}
	return m
}()

func build(arch string) (*image.Image, error) {
	if _, err := image.CachedKernel(arch); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	}
	source, err := image.Source()
	if err != nil {
		return nil, err
	}
	dir, err := place()
	if err != nil {
		return nil, err
	}
	img, err := image.Build(source, filepath.Join(dir, "image", arch), arch)
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	}
	return img, err
}

// unit is a unit in a test: its flash lasts from boot to boot.
type unit struct {
	*testing.T
	image  *image.Image
	attach qemu.Attach
	dir    string // what is left behind if the test fails
	flash  string
	memory int         // MiB; 0: the default
	disks  []string    // further ones, behind the squashfs and the flash
	resets bool        // a reset is one, and not the end of the machine; a PC has a watchdog then
	cable  *qemu.Cable // to another unit, for a node of a mesh; or nil

	machine *qemu.Machine // of the last boot
	vm      *qemu.VM      // that runs, or nil
	boots   int
}

// onBoth runs a scenario on both kinds of rootfs_data, side by side, each on a
// unit with an erased flash.
func onBoth(t *testing.T, scenario func(u *unit)) {
	for _, attach := range []qemu.Attach{qemu.MTD, qemu.Block} {
		t.Run(attach.String(), func(t *testing.T) {
			t.Parallel()
			scenario(newUnit(t, attach))
		})
	}
}

// onEither runs one case of a table on one kind of rootfs_data, by turns: where
// what is tested does not depend on the kind.
func onEither(t *testing.T, n int, scenario func(u *unit)) {
	attach := []qemu.Attach{qemu.MTD, qemu.Block}[n%2]
	t.Run(attach.String(), func(t *testing.T) {
		t.Parallel()
		scenario(newUnit(t, attach))
	})
}

// newUnit returns an x86_64 unit with an erased flash that is attached one way.
func newUnit(t *testing.T, attach qemu.Attach) *unit {
	t.Helper()
	return newUnitOn(t, "amd64", attach)
}

// newUnitOn returns a unit on the board with an architecture.
func newUnitOn(t *testing.T, arch string, attach qemu.Attach) *unit {
	t.Helper()
	return newUnitNamed(t, t.Name(), arch, attach)
}

// newUnitNamed returns a unit with a name, of a test that has more than one.
func newUnitNamed(t *testing.T, name, arch string, attach qemu.Attach) *unit {
	t.Helper()
	if testing.Short() {
		t.Skip("boots virtual machines: not in -short")
	}
	img, err := images[arch]()
	if errors.Is(err, errMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	top, err := place()
	if err != nil {
		t.Fatal(err)
	}
	u := &unit{T: t, image: img, attach: attach, dir: filepath.Join(top, filepath.FromSlash(name))}
	u.flash = filepath.Join(u.dir, "flash.img")
	u.must(os.RemoveAll(u.dir))
	u.must(os.MkdirAll(u.dir, 0o755))
	u.erase(flashSize)
	t.Cleanup(u.finish)
	return u
}

// finish ends the machine and, after a failure, says how to boot it again.
func (u *unit) finish() {
	u.cut()
	if !u.Failed() {
		u.must(os.RemoveAll(u.dir))
		return
	}
	if u.machine != nil {
		u.Logf("boot %d is this, on the flash as it was before (consoles: %s):\n%s",
			u.boots, u.dir, u.machine.Reproduce())
	}
}

// erase makes the flash one of size bytes that was never written.
func (u *unit) erase(size int64) {
	u.Helper()
	u.must(u.image.Flash(u.flash, u.attach, size))
}

// start starts the machine with further kernel parameters; it does not wait.
func (u *unit) start(params ...string) {
	u.Helper()
	u.startMachine(func(m *qemu.Machine) { m.Params = params })
}

// startMachine starts a machine that differs from the usual one.
func (u *unit) startMachine(change func(*qemu.Machine)) {
	u.Helper()
	u.cut()
	u.boots++
	m := u.image.Machine(u.flash, u.attach)
	m.Memory, m.Disks, m.Resets = u.memory, u.disks, u.resets
	m.Watchdog = u.resets && m.Board.Arch == "amd64"
	if u.cable != nil {
		m.Cable, m.Initramfs = u.cable, u.image.Mesh()
	}
	change(m)
	// What reproduces the boot is the flash as it was before.
	again := *m
	if m.Flash != "" {
		again.Flash = filepath.Join(u.dir, "flash-before.img")
		u.must(os.WriteFile(again.Flash, u.bytes(), 0o644))
	}
	u.machine = &again
	vm, err := m.Start()
	u.must(err)
	u.vm = vm
}

// boot cuts the power if it is on, and boots with further kernel parameters.
func (u *unit) boot(params ...string) {
	u.Helper()
	u.start(params...)
	u.ready()
}

func (u *unit) ready() {
	u.Helper()
	if err := u.vm.Ready(); err != nil {
		u.Fatalf("%v; the console ends with\n%s", err, u.tail())
	}
}

// cut cuts the power. What a command reported as done must be on flash by then.
func (u *unit) cut() {
	if u.vm == nil {
		return
	}
	u.vm.Kill()
	u.must(os.WriteFile(filepath.Join(u.dir, fmt.Sprintf("console-%d.log", u.boots)), []byte(u.vm.Console.Text()), 0o644))
	u.vm = nil
}

// onHost runs the command snapshot of the host on the flash of the unit, which
// is off then.
func (u *unit) onHost(args ...string) string {
	u.Helper()
	u.cut()
	device := []string{"--device", u.data()}
	if u.bytewise() {
		device = append(device, "--write-size", "1")
	}
	cmd := exec.Command(u.image.Snapshot, append(device, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// offset is where rootfs_data begins in the unit's flash, in bytes.
func (u *unit) offset() int {
	switch u.attach {
	case qemu.NOR, qemu.Chip:
		return qemu.ChipBoot + qemu.ChipRoot
	case qemu.Whole:
		return qemu.WholeData
	}
	return 0
}

// data names rootfs_data to the host.
func (u *unit) data() string { return fmt.Sprintf("%s+%d", u.flash, u.offset()) }

// bytewise reports whether the unit's flash is written byte by byte, as NOR is and
// as block2mtd says.
func (u *unit) bytewise() bool {
	return u.attach == qemu.MTD || u.attach == qemu.NOR || u.attach == qemu.Chip
}

func (u *unit) must(err error) {
	u.Helper()
	if err != nil {
		u.Fatal(err)
	}
}
