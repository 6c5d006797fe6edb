package scenario

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// What make run gives to a person: a shell on the terminal, a reboot that is one,
// and a flash that stays.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		arch   string
		attach qemu.Attach
	}{
		{"amd64", qemu.MTD},
		{"amd64", qemu.Whole},
		{"arm64", qemu.Block},
		{"arm64", qemu.Whole},
		{"mips", qemu.NOR},
		{"mips", qemu.Chip},
		{"mipsle", qemu.MTD},
		{"mips64le", qemu.MTD},
	} {
		t.Run(test.arch+"-"+test.attach.String(), func(t *testing.T) {
			t.Parallel()
			newUnitOn(t, test.arch, test.attach).onTerminal()
		})
	}
}

// onTerminal runs the unit as make run does.
func (u *unit) onTerminal() {
	u.Helper()
	source, err := image.Source()
	u.must(err)
	run := filepath.Join(u.dir, "run")
	build := exec.Command("go", "build", "-o", run, "./qemu/run")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		u.Fatalf("%s: %v\n%s", build, err, out)
	}
	cmd := exec.Command(run, "-arch", u.image.Board.Arch, "-attach", u.attach.String(), "-flash", u.flash)
	cmd.Dir = source
	keys, err := cmd.StdinPipe()
	u.must(err)
	screen, printed, err := os.Pipe()
	u.must(err)
	cmd.Stdout, cmd.Stderr = printed, printed
	u.must(cmd.Start())
	printed.Close()
	defer cmd.Wait()
	defer cmd.Process.Kill()
	console := qemu.NewConsole(screen, keys)
	expect := func(pattern string) {
		u.Helper()
		if _, err := console.Expect(pattern, qemu.BootTimeout); err != nil {
			u.Fatalf("%v; on the terminal is\n%s", err, console.Text())
		}
	}
	const prompt = "unit:/# "
	expect(prompt)
	u.must(console.Type("echo kept > /etc/kept; snapshot config && reboot -f\n"))
	expect("Linux version")
	expect(prompt)
	u.must(console.Type("cat /etc/kep?\n"))
	expect("(?m)^kept$")
	const leave = "\x01x" // Ctrl-A X
	u.must(console.Type(leave))
	u.must(cmd.Wait())
}
