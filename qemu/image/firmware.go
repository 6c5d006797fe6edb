package image

import (
	"fmt"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"

	"chainroot/qemu"
)

// Where the probe lies in the firmware, and its name as an init that records how
// it was started.
const (
	Probe      = "/usr/lib/chainroot-test/probe"
	RecordInit = "/usr/lib/chainroot-test/init"
)

// mountPoints are the directories of the firmware that something is mounted on.
var mountPoints = []string{"/dev", "/proc", "/sys", "/rom", "/overlay", "/snapshot", "/tmp", "/run", "/mnt"}

// files are the plain files of the firmware, after a small router's.
var files = []struct{ name, content string }{
	{"/etc/banner", "chainroot test unit\n"},
	{"/etc/config/system", `config system
	option hostname 'unit'
	option timezone 'UTC'
	option log_size '64'
`},
	{"/etc/config/network", `config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'
`},
	{"/etc/config/wireless", "config wifi-iface 'default'\n\toption ssid 'unit'\n\toption encryption 'none'\n"},
	{"/etc/group", "root:x:0:\ndaemon:x:1:\nnobody:x:65534:\n"},
	{"/etc/hostname", "unit\n"},
	{"/etc/hosts", "127.0.0.1 localhost\n"},
	{"/etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n"},
	{"/etc/profile", "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexport PS1='\\h:\\w# '\ncat /etc/banner\n"},
	{"/etc/shells", "/bin/sh\n"},
	{"/usr/share/version", "1.0\n"},
	{"/www/index.html", "<h1>unit</h1>\n"},
}

// sample is a tree for tests to delete, rename and replace parts of. It is in
// the firmware, where deletions need whiteouts and opaque directories.
func (t *tree) sample(top string) {
	for _, name := range []string{"deleted", "dir-deleted/a", "dir-deleted/sub/b", "dir-recreated/old",
		"dir-recreated/kept-name", "dir-recreated/sub/old", "dir-renamed/a", "dir-renamed/sub/b",
		"dir-to-file/a", "file-to-dir", "changed", "mode-changed", "link-to-file", "untouched/a"} {
		t.file(path.Join(top, name), 0o644, "firmware's "+name+"\n")
	}
	t.link(path.Join(top, "hard-link"), path.Join(top, "changed"))
	t.symlink(path.Join(top, "symlink"), "changed")
	t.dir(path.Join(top, "empty"), 0o750)
}

// inittab has a shell on the console, and the agent on the second serial line.
func inittab(board *qemu.Board) string {
	return "::sysinit:/etc/init.d/rcS\n" +
		board.Console + "::respawn:-/bin/sh\n" +
		board.Agent + "::once:" + Probe + " serve\n" +
		"::ctrlaltdel:/sbin/reboot\n"
}

// firmware is the tree of the squashfs for a board. Its rcS runs /etc/rc.local, for
// what the configuration of a unit adds.
func firmware(board *qemu.Board, busybox, snapshot, probe string) (*tree, error) {
	t := newTree()
	for _, dir := range mountPoints {
		t.dir(dir, 0o755)
	}
	t.dir("/root", 0o700)
	t.dir("/usr/lib", 0o755)
	t.symlink("/var", "tmp")
	t.symlink("/etc/resolv.conf", "/tmp/resolv.conf")
	t.char("/dev/console", 0o600, 5, 1)
	t.char("/dev/null", 0o666, 1, 3)
	for _, f := range files {
		t.file(f.name, 0o644, f.content)
	}
	t.file("/etc/inittab", 0o644, inittab(board))
	t.file("/etc/shadow", 0o600, "root::19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\nnobody:*:19700:0:99999:7:::\n")
	t.file("/etc/init.d/rcS", 0o755, `#!/bin/sh
mount -t tmpfs -o mode=1777 tmpfs /tmp
hostname -F /etc/hostname
[ ! -x /etc/rc.local ] || /etc/rc.local
`)
	t.sample("/usr/share/sample")
	t.program("/bin/busybox", busybox)
	t.program("/sbin/snapshot", snapshot)
	t.program(Probe, probe)
	t.symlink(RecordInit, path.Base(Probe))
	applets, err := applets(board, busybox)
	if err != nil {
		return nil, fmt.Errorf("cannot list what %s can do: %w", busybox, err)
	}
	for applet := range strings.FieldsSeq(applets) {
		if name := "/" + applet; !t.has[name] {
			t.symlink(name, "/bin/busybox")
		}
	}
	return t, t.err
}

// users are the programs of QEMU that run a program of another architecture, by
// the architecture.
var users = map[string]string{
	"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static",
	"mips": "qemu-mips-static", "mipsle": "qemu-mipsel-static", "mips64le": "qemu-mips64el-static",
}

// applets lists what a busybox can do: the paths of its programs.
func applets(board *qemu.Board, busybox string) (string, error) {
	command := []string{busybox, "--list-full"}
	if board.Arch != runtime.GOARCH {
		command = slices.Insert(command, 0, users[board.Arch])
	}
	out, err := exec.Command(command[0], command[1:]...).Output()
	return string(out), err
}
