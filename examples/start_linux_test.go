package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program builds snapshot, as for a unit of this architecture.
func program(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts file systems")
	}
	path := filepath.Join(t.TempDir(), "snapshot")
	build := exec.Command("go", "build", "-o", path, "../snapshot")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// newRoot makes a root directory of busybox and the program, which notes in /said
// how it was started, and what it said.
func newRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"etc/init.d", "sbin", "proc", "sys", "dev"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	busybox(t, filepath.Join(root, "bin"))
	path, err := os.Readlink(filepath.Join(root, "bin/sh"))
	must(t, err)
	install(t, path, filepath.Join(root, path))
	install(t, program(t), filepath.Join(root, "sbin/snapshot.program"))
	must(t, os.WriteFile(filepath.Join(root, "sbin/snapshot"), []byte("#!/bin/sh\necho \"$0 $*\" >>/said\nexec /sbin/snapshot.program \"$@\" >>/said 2>&1\n"), 0o755))
	return root
}

func install(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(to), 0o755))
	b, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, b, 0o755))
}

// started is what newRoot's program notes when it was started once.
const started = "/sbin/snapshot health --watch\nThe running state is not on trial: there is nothing to confirm.\n"

// TestInittab has a busybox init as the first process of a name space.
func TestInittab(t *testing.T) {
	root := newRoot(t)
	install(t, "start/busybox.inittab", filepath.Join(root, "etc/inittab"))
	init := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", root, "/bin/init")
	must(t, init.Start())
	t.Cleanup(func() { init.Process.Kill(); init.Wait() })
	var said string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && said != started; time.Sleep(50 * time.Millisecond) {
		b, _ := os.ReadFile(filepath.Join(root, "said")) // it comes later
		said = string(b)
	}
	time.Sleep(3 * time.Second) // in which init would start it again
	b, err := os.ReadFile(filepath.Join(root, "said"))
	if err != nil || string(b) != started {
		t.Errorf("%v: %s", err, b)
	}
}

// TestProcd has a stand-in for OpenWrt's rc.common, which Debian has not: it
// prints what the script tells procd, and runs that.
func TestProcd(t *testing.T) {
	root := newRoot(t)
	install(t, "start/openwrt.init", filepath.Join(root, "etc/init.d/snapshot-health"))
	must(t, os.WriteFile(filepath.Join(root, "etc/rc.common"), []byte(`
procd_open_instance() { echo open; }
procd_set_param() { echo "$@"; [ "$1" != command ] || { shift; "$@"; }; }
procd_close_instance() { echo close; }
. "$1"
[ "$USE_PROCD" = 1 ] && [ "$2" = start ] && [ "$START" -gt 50 ] && start_service
`), 0o644))
	out, err := exec.Command("chroot", root, "/etc/init.d/snapshot-health", "start").CombinedOutput()
	if err != nil || string(out) != "open\ncommand /sbin/snapshot health --watch\nstdout 1\nstderr 1\nclose\n" {
		t.Errorf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(filepath.Join(root, "said")); err != nil || string(b) != started {
		t.Errorf("%v: %s", err, b)
	}
}

// inSbin runs a command with a program in /usr/sbin that is not there.
func inSbin(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	script := `mount -t overlay -o "lowerdir=$1:/usr/sbin" none /usr/sbin && shift && exec "$@"`
	out, err := exec.Command("unshare", append([]string{"--mount", "sh", "-c", script, "sh", dir}, args...)...).CombinedOutput()
	return string(out), err
}

func TestSystemdUnit(t *testing.T) {
	dir := filepath.Dir(program(t))
	unit, err := filepath.Abs("start/snapshot-health.service")
	must(t, err)
	if out, err := inSbin(t, dir, "systemd-analyze", "verify", "--man=no", unit); err != nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
	// It does find faults.
	bad := filepath.Join(t.TempDir(), "snapshot-health.service")
	b, err := os.ReadFile(unit)
	must(t, err)
	must(t, os.WriteFile(bad, []byte(strings.Replace(string(b), "ExecStart=", "ExecStrat=", 1)), 0o644))
	if out, err := inSbin(t, dir, "systemd-analyze", "verify", "--man=no", bad); err == nil {
		t.Errorf("a unit with a fault passes: %s", out)
	}
	// What it starts is there, and ends.
	for line := range strings.Lines(string(b)) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
			out, err := inSbin(t, dir, strings.Fields(command)...)
			if err != nil || !strings.Contains(started, out) {
				t.Errorf("%s: %v: %s", command, err, out)
			}
			return
		}
	}
	t.Error("it starts nothing")
}

// TestLogin: whatever the program does, the login goes on.
func TestLogin(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts file systems")
	}
	profile, err := filepath.Abs("profile.d/snapshot.sh")
	must(t, err)
	for _, shell := range [][]string{{"dash"}, {"bash", "--norc"}, {"busybox", "ash"}} {
		for _, test := range []struct{ name, program, want string }{
			{"none", "", "in\n"},
			{"speaks", "#!/bin/sh\necho \"$@\"\necho hidden >&2\n", "log --motd\nin\n"},
			{"fails", "#!/bin/sh\nexit 3\n", "in\n"},
			{"killed", "#!/bin/sh\nkill -9 $$\n", "in\n"},
			{"reads", "#!/bin/sh\ncat\n", "in\n"},
			{"broken", "#!/nowhere\n", "in\n"},
		} {
			t.Run(shell[0]+" "+test.name, func(t *testing.T) {
				dir := t.TempDir()
				if test.program != "" {
					must(t, os.WriteFile(filepath.Join(dir, "snapshot"), []byte(test.program), 0o755))
				}
				for _, flags := range []string{"-eui", "-i", "-eu"} {
					args := append(append([]string{"sh", "-c", `exec "$@" 2>/dev/null`, "sh"}, shell...), flags, "-c", `. "`+profile+"\"\necho in")
					want := test.want
					if !strings.Contains(flags, "i") {
						want = "in\n" // a program, such as scp
					}
					out, err := inSbin(t, dir, args...)
					if _, rest, ok := strings.Cut(out, "list of built-in commands.\n\n"); ok { // busybox says hello
						out = rest
					}
					if err != nil || out != want {
						t.Errorf("%s: %v: %q", flags, err, out)
					}
				}
			})
		}
	}
}
