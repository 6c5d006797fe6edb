package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/u-root/u-root/pkg/mount/loop"
	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/flash"
)

// The tests of whole boots run the real preinit as PID 1 of a PID name space,
// in a mount name space whose root is a tmpfs, as the root of an initramfs is.
// /proc/cmdline, the kernel's log and the console are files of the test, mounted
// over the real ones; preinit finds /proc and /dev mounted already and goes on.
// What a machine of its own is for: the exec of init and all mounts are real.

// stageArg makes the test binary set up the initramfs and exec preinit.
const stageArg = "preinit-test-stage"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == stageArg {
		fmt.Fprintln(os.Stderr, stage(os.Args[2:]))
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "preinit-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv(buildDir, dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// buildDir names the variable with the directory for what the tests build.
const buildDir = "PREINIT_TEST_BUILD"

// The limits on open files that preinit starts with.
const softFiles, hardFiles = 1000, 3000

// needRoot skips where mounts are refused. In CI nothing skips.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts file systems")
	}
}

// stage runs as PID 1 of the new name spaces: dir is the directory of the test,
// args go to preinit.
func stage(args []string) error {
	dir, args := args[0], args[1:]
	root := filepath.Join(dir, "initramfs")
	mounts := []struct {
		source, target, fstype string
		flags                  uintptr
	}{
		{"none", "/", "", unix.MS_REC | unix.MS_PRIVATE},
		{"rootfs", root, "tmpfs", 0},
		{"proc", root + "/proc", "proc", 0},
		{filepath.Join(dir, "cmdline"), root + "/proc/cmdline", "", unix.MS_BIND},
		{filepath.Join(dir, "devkmsg"), root + "/proc/sys/kernel/printk_devkmsg", "", unix.MS_BIND},
		{filepath.Join(dir, "panic"), root + panicPath, "", unix.MS_BIND},
		{"devtmpfs", root + "/dev", "devtmpfs", 0},
		{filepath.Join(dir, "kmsg"), root + "/dev/kmsg", "", unix.MS_BIND},
		{os.Getenv("TEST_CONSOLE"), root + "/dev/console", "", unix.MS_BIND},
	}
	for _, m := range mounts {
		if m.target != root+"/proc/cmdline" && !strings.HasPrefix(m.target, root+"/dev/") && !strings.HasPrefix(m.target, root+"/proc/") {
			if err := os.MkdirAll(m.target, 0o755); err != nil {
				return err
			}
		}
		if m.source == "" { // no console
			continue
		}
		if err := unix.Mount(m.source, m.target, m.fstype, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	// What an initramfs holds besides.
	files, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil {
		return err
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, "files", f.Name()))
		if err != nil {
			return err
		}
		name := filepath.Join(root, strings.ReplaceAll(f.Name(), ":", "/"))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, b, 0o755); err != nil {
			return err
		}
	}
	if err := syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: softFiles, Max: hardFiles}); err != nil {
		return err // which the runtime of Go raises to the hard limit
	}
	if err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return err // what leaks to init must be preinit's
	}
	if err := unix.Chroot(root); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return syscall.Exec("/init", append([]string{"/init"}, args...), []string{"HOME=/", "TERM=linux", "unknown=value"})
}

// build builds preinit once for all tests.
var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(os.Getenv(buildDir), "preinit")
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// machine is a unit for tests: a squashfs and a flash on loop devices.
type machine struct {
	t     *testing.T
	dir   string
	root  string // loop device of the squashfs
	flash string // loop device of rootfs_data
	image string // file behind flash
	args  []string
	bare  bool // the initramfs has no shell

	noConsole bool // the kernel could open none for preinit
}

// initScript is the real init of the test's firmware. It says what it finds and
// ends. The shell must not change what is looked at before it is printed.
const initScript = `#!/bin/sh
echo "argv $0 $*"
echo "pid $$"
echo "cwd $(pwd)"
echo "umask $(umask)"
echo "nofile $(ulimit -n)"
for e in HOME TERM unknown; do eval "echo env $e=\$$e"; done
for f in /proc/self/fd/*; do [ -e $f ] && echo "fd ${f##*/} $(readlink $f)"; done 2>/dev/null
while read k v; do case $k in Sig*) echo "status $k $v";; esac; done < /proc/$$/status
while read dev dir type options rest; do echo "mount $dir $type $dev $options"; done < /proc/mounts
echo "devkmsg $(cat /proc/sys/kernel/printk_devkmsg)"
[ -f /probe ] && . /probe
echo changed > /written && echo "writable"
echo "json-begin"; cat /snapshot/boot.json; echo "json-end"
`

// newMachine builds a firmware of busybox and the files of tree, by their
// names; a nil content is a directory, one that starts with "->" a link.
func newMachine(t *testing.T, tree map[string]string) *machine {
	needRoot(t)
	m := &machine{t: t, dir: t.TempDir()}
	firmware := filepath.Join(m.dir, "firmware")
	all := map[string]string{
		"bin/": "", "sbin/": "", "etc/": "", "rom/": "", "snapshot/": "", "overlay/": "", "proc/": "", "sys/": "", "dev/": "", "tmp/": "",
		"sbin/init": initScript, "etc/config": "firmware",
		"bin/sh": "-> busybox",
	}
	for name, content := range tree {
		if content == "none" {
			delete(all, name)
			continue
		}
		all[name] = content
	}
	m.plant(firmware, all)
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"busybox"} {
		b, err := os.ReadFile(busybox)
		m.must(err)
		m.must(os.WriteFile(filepath.Join(firmware, "bin", name), b, 0o755))
	}
	for _, applet := range []string{"cat", "ls", "readlink", "stat", "find", "sort", "sleep", "md5sum"} {
		m.must(os.Symlink("busybox", filepath.Join(firmware, "bin", applet)))
	}
	m.must(os.Chmod(firmware, 0o751))
	m.must(unix.Setxattr(firmware, "user.root", []byte("of squashfs"), 0))
	at := []unix.Timespec{{Sec: 1e9}, {Sec: 1e9}}
	m.must(unix.UtimesNanoAt(unix.AT_FDCWD, firmware, at, 0))
	image := filepath.Join(m.dir, "squashfs")
	m.run("mksquashfs", firmware, image, "-noappend", "-quiet", "-no-progress", "-comp", "gzip", "-Xcompression-level", "1")
	m.root = m.loop(image)
	m.image = filepath.Join(m.dir, "flash")
	m.must(os.WriteFile(m.image, bytes.Repeat([]byte{0xff}, 8<<20), 0o600))
	m.flash = m.loop(m.image)
	return m
}

// plant writes files below dir: "name/" is a directory, a content "-> x" a link
// to x, "#" a file without the x bit; all others are executable.
func (m *machine) plant(dir string, files map[string]string) {
	for name, content := range files {
		path := filepath.Join(dir, name)
		m.must(os.MkdirAll(filepath.Dir(path), 0o755))
		link, isLink := strings.CutPrefix(content, "-> ")
		switch {
		case strings.HasSuffix(name, "/"):
			m.must(os.MkdirAll(path, 0o755))
		case isLink:
			m.must(os.Symlink(link, path))
		case content == "whiteout":
			m.must(unix.Mknod(path, unix.S_IFCHR, 0))
		case strings.HasPrefix(content, "#-x"):
			m.must(os.WriteFile(path, []byte(content), 0o644))
		default:
			m.must(os.WriteFile(path, []byte(content), 0o755))
		}
	}
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) run(name string, args ...string) {
	m.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// loop attaches a file to a free loop device for as long as the test runs.
func (m *machine) loop(file string) string {
	m.t.Helper()
	for range 20 { // another test may take the same device first
		device, err := loop.FindDevice()
		m.must(err)
		if err := loop.SetFile(device, file); errors.Is(err, unix.EBUSY) {
			continue
		} else if err != nil {
			m.t.Fatal(err)
		}
		m.t.Cleanup(func() {
			if err := loop.ClearFile(device); err != nil {
				m.t.Errorf("cannot free %s: %v", device, err)
			}
		})
		return device
	}
	m.t.Fatal("no loop device is free")
	return ""
}

// commit appends what files make of an upper directory to the chain, as a
// snapshot or as the volatile entry.
func (m *machine) commit(label string, push bool, files map[string]string) {
	m.t.Helper()
	upper := filepath.Join(m.t.TempDir(), "upper")
	m.must(os.Mkdir(upper, 0o751))
	m.plant(upper, files)
	at := []unix.Timespec{{Sec: 1e9}, {Sec: 1e9}}
	m.must(unix.UtimesNanoAt(unix.AT_FDCWD, upper, at, 0))
	m.commitTar(label, push, func(w io.Writer) error {
		_, err := delta.Pack(w, upper, nil)
		return err
	})
}

func (m *machine) commitTar(label string, push bool, write func(io.Writer) error) {
	m.t.Helper()
	m.onChain(func(c *chain.Chain) {
		w := chain.NewPayloadWriter()
		m.must(write(w))
		p, err := w.Finish()
		m.must(err)
		now := time.Unix(1.7e9, 0)
		m.must(c.WriteVolatile(p, label, now))
		if push {
			m.must(c.Promote(label, now))
		}
	})
}

// onChain opens the chain for writing.
func (m *machine) onChain(f func(*chain.Chain)) {
	m.t.Helper()
	dev, err := flash.Open(m.flash, nil)
	m.must(err)
	c, err := chain.Open(dev)
	m.must(err)
	f(c)
	m.must(dev.Sync())
	m.must(dev.Close())
}

// damage flips a bit in the payload of entry n, counted from 0.
func (m *machine) damage(n int) {
	m.t.Helper()
	var block int
	m.onChain(func(c *chain.Chain) { block = c.Entries()[n].Block })
	f, err := os.OpenFile(m.flash, os.O_RDWR, 0)
	m.must(err)
	defer f.Close()
	b := make([]byte, 1)
	// Behind the header and a chunk table of one hash.
	off := int64(block)*65536 + chain.HeaderSize + 80
	_, err = f.ReadAt(b, off)
	m.must(err)
	b[0] ^= 0x10
	_, err = f.WriteAt(b, off)
	m.must(err)
	m.must(f.Sync())
}

// result is what a boot left.
type result struct {
	t       *testing.T
	out     string // of the real init
	console string // what was written to the terminal
	kmsg    string
	report  *boot.Report
	status  syscall.WaitStatus
}

// boot boots with the given parameters and waits for init to end.
func (m *machine) boot(parameters ...string) *result {
	m.t.Helper()
	p := m.start(parameters...)
	return p.wait()
}

type process struct {
	m       *machine
	cmd     *exec.Cmd
	out     bytes.Buffer
	kmsg    string
	console *os.File
	typed   buffer
	before  []byte
	opens   int // inotify(7) of the flash
}

func (m *machine) start(parameters ...string) *process {
	m.t.Helper()
	preinit, err := build()
	m.must(err)
	line := "root=" + m.root + " snapshot.device=" + m.flash
	if m.root == "" {
		line = "quiet"
	}
	line += " " + strings.Join(parameters, " ")
	files := filepath.Join(m.dir, "files")
	m.must(os.MkdirAll(files, 0o755))
	m.must(os.MkdirAll(filepath.Join(m.dir, "initramfs"), 0o755))
	initramfs := map[string]string{"init": preinit}
	if busybox, err := exec.LookPath("busybox"); err == nil && !m.bare {
		initramfs["bin:sh"] = busybox
	}
	for name, from := range initramfs {
		b, err := os.ReadFile(from)
		m.must(err)
		m.must(os.WriteFile(filepath.Join(files, name), b, 0o755))
	}
	for name, content := range map[string]string{"cmdline": line + "\n", "kmsg": "", "devkmsg": "ratelimit\n", "panic": "0\n"} {
		m.must(os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o644))
	}
	before, err := os.ReadFile(m.image)
	m.must(err)
	self, err := os.Executable()
	m.must(err)
	p := &process{m: m, kmsg: filepath.Join(m.dir, "kmsg"), before: before}
	p.opens, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	m.must(err)
	m.t.Cleanup(func() { unix.Close(p.opens) })
	if m.flash != "" {
		_, err = unix.InotifyAddWatch(p.opens, m.flash, unix.IN_CLOSE_WRITE)
		m.must(err)
	}
	var tty string
	p.console, tty = m.terminal()
	p.cmd = exec.Command(self, append([]string{stageArg, m.dir}, m.args...)...)
	p.cmd.Env = append(os.Environ(), "TEST_CONSOLE="+tty)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if !m.noConsole {
		p.cmd.Stdin = new(bytes.Buffer) // a pipe; without it standard input is /dev/null
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID, Pdeathsig: unix.SIGKILL}
	m.must(p.cmd.Start())
	go p.listen()
	m.t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	return p
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// terminal opens a pseudo terminal and returns its master and the slave's name.
func (m *machine) terminal() (*os.File, string) {
	m.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	m.must(err)
	m.t.Cleanup(func() { master.Close() })
	m.must(unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	m.must(err)
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

// said waits for text in the kernel's log.
func (p *process) said(text string) {
	p.m.t.Helper()
	for range 1000 {
		if b, _ := os.ReadFile(p.kmsg); strings.Contains(string(b), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b, _ := os.ReadFile(p.kmsg)
	p.m.t.Fatalf("preinit did not say %q but\n%s\n%s", text, b, p.out.String())
}

// wait returns what the boot left when PID 1 has ended.
func (p *process) wait() *result {
	p.m.t.Helper()
	timer := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	err := p.cmd.Wait()
	if !timer.Stop() {
		b, _ := os.ReadFile(p.kmsg)
		p.m.t.Fatalf("the boot did not end:\n%s\n%s", b, p.out.String())
	}
	r := &result{t: p.m.t, out: p.out.String(), status: p.cmd.ProcessState.Sys().(syscall.WaitStatus)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.m.t.Fatal(err)
	}
	b, err := os.ReadFile(p.kmsg)
	p.m.must(err)
	r.kmsg = string(b)
	after, err := os.ReadFile(p.m.image)
	p.m.must(err)
	if p.before != nil && !bytes.Equal(p.before, after) {
		p.m.t.Error("the boot changed the flash")
	}
	if opened := p.openedForWriting(); p.before != nil && opened {
		p.m.t.Error("the boot opened the flash for writing")
	}
	r.console = p.typed.String()
	if _, text, ok := strings.Cut(strings.ReplaceAll(r.out+r.console, "\r\n", "\n"), "json-begin\n"); ok {
		text, _, _ = strings.Cut(text, "json-end")
		r.report = new(boot.Report)
		if err := json.Unmarshal([]byte(text), r.report); err != nil && text != "" {
			p.m.t.Errorf("boot.json: %v in %q", err, text)
		}
	}
	return r
}

// openedForWriting reports whether the flash was, since the start of the boot.
func (p *process) openedForWriting() bool {
	p.m.t.Helper()
	n, err := unix.Read(p.opens, make([]byte, 4096))
	if err != unix.EAGAIN {
		p.m.must(err)
	}
	return n > 0
}

// has fails the test unless each line is one that init printed.
func (r *result) has(lines ...string) {
	r.t.Helper()
	all := strings.Split(r.out, "\n")
	for _, line := range lines {
		if !slices.Contains(all, line) {
			r.t.Errorf("init did not say %q but\n%s\n%s", line, r.out, r.kmsg)
		}
	}
}

// logged fails the test unless each text is in the kernel's log.
func (r *result) logged(texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.kmsg, text) {
			r.t.Errorf("the log lacks %q:\n%s", text, r.kmsg)
		}
	}
}

// state fails the test unless this is the state that was booted, with entries
// as "number" or "number volatile".
func (r *result) state(snapshot int, volatile bool, layout string) {
	r.t.Helper()
	if r.report == nil {
		r.t.Fatalf("no boot.json:\n%s\n%s", r.out, r.kmsg)
	}
	s := r.report.State
	if s.Snapshot != snapshot || s.Volatile != volatile || r.report.Layout != layout {
		r.t.Errorf("booted %+v, %s; want snapshot %d, volatile %v, %s\n%s", s, r.report.Layout, snapshot, volatile, layout, r.kmsg)
	}
	want := snapshot
	if volatile {
		want++
	}
	if len(r.report.Entries) != want {
		r.t.Errorf("entries are %+v, want %d", r.report.Entries, want)
	}
}

// skipped fails the test unless what stands among the skipped, with reason in
// its reason.
func (r *result) skipped(what, reason string) {
	r.t.Helper()
	for _, s := range r.report.Skipped {
		if s.What == what && strings.Contains(s.Reason, reason) {
			return
		}
	}
	r.t.Errorf("skipped are %+v, want %q because of %q", r.report.Skipped, what, reason)
}

// listen collects what is written to the terminal. Reading fails as long as
// nobody has it open on the other side.
func (p *process) listen() {
	b := make([]byte, 4096)
	for {
		n, err := p.console.Read(b)
		p.typed.Write(b[:n])
		if errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// prompt waits for the n-th prompt of a shell.
func (p *process) prompt(n int) {
	p.m.t.Helper()
	for range 500 {
		if strings.Count(p.typed.String(), "preinit# ") >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b, _ := os.ReadFile(p.kmsg)
	p.m.t.Fatalf("no prompt but %q\n%s", p.typed.String(), b)
}

// say types a line on the terminal and waits for what it is answered with.
func (p *process) say(line, answer string) {
	p.m.t.Helper()
	from := len(p.typed.String())
	if _, err := io.WriteString(p.console, line+"\n"); err != nil {
		p.m.t.Fatal(err)
	}
	for range 500 {
		// The terminal echoes what is typed.
		if all := p.typed.String()[from:]; answer == "" || strings.Contains(all, "\n"+answer) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.m.t.Fatalf("the shell did not answer %q to %q but %q", answer, line, p.typed.String()[from:])
}
