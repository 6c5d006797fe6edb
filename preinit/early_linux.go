package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"chainroot/mount"
	"chainroot/rawfile"
)

// mountKernelFileSystems mounts /proc, /sys and /dev in the initramfs. From
// then on messages reach the console.
func (u *unit) mountKernelFileSystems() error {
	unix.Umask(0o022)
	var failed []error
	for _, m := range []struct {
		source, dir, fstype string
		flags               uintptr
		data                string
	}{
		{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"sysfs", "/sys", "sysfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"devtmpfs", "/dev", "devtmpfs", unix.MS_NOSUID, "mode=0755"},
	} {
		if mountedOn(m.dir) { // a kernel may do it by itself for /dev
			continue
		}
		if err := mount.Device(m.source, m.dir, m.fstype, m.flags, m.data); err != nil {
			failed = append(failed, err)
		}
	}
	u.log.many = u.speakFreely
	if err := u.log.start(); err != nil {
		failed = append(failed, err)
	}
	for _, err := range failed {
		u.log.errorf("%v", err) // what needs it will fail, and say so
	}
	return nil
}

// printkDevkmsg is how much of what programs write to /dev/kmsg gets through.
const printkDevkmsg = "/proc/sys/kernel/printk_devkmsg"

// speakFreely, once there is much to say, switches off the kernel's limit on messages from programs, ten in
// five seconds, until restoreLimit. It cannot be switched where the command line
// has fixed it.
func (u *unit) speakFreely() {
	old, err := os.ReadFile(printkDevkmsg)
	if err != nil || os.WriteFile(printkDevkmsg, []byte("on\n"), 0) != nil {
		return
	}
	u.devkmsg = strings.TrimSpace(string(old))
}

func (u *unit) restoreLimit() {
	if u.devkmsg != "" {
		os.WriteFile(printkDevkmsg, []byte(u.devkmsg+"\n"), 0)
	}
}

// readParameters reads the command line of the kernel.
func (u *unit) readParameters() error {
	line, err := rawfile.ReadFile(u.cmdline)
	if err != nil {
		return err
	}
	u.par = parse(line)
	u.log.debug = u.par.debug
	u.report.Asked = u.par.asked.String()
	for _, w := range u.par.warnings {
		u.log.warnf("%s", w)
	}
	return nil
}

// openConsole makes the console standard input, output and error where the
// kernel could not, because there was none in the initramfs: the runtime of Go
// has then put /dev/null there. The real init inherits them.
func (u *unit) openConsole() error {
	var stat unix.Stat_t
	null := unix.Mkdev(1, 3)
	if err := unix.Fstat(0, &stat); err == nil && uint64(stat.Rdev) != null {
		return nil
	}
	fd, err := unix.Open(u.console, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		u.log.warnf("cannot open the console: %v", err) // there may be none
		return nil
	}
	defer unix.Close(fd)
	for std := range 3 {
		if err := unix.Dup3(fd, std, 0); err != nil {
			u.log.warnf("cannot give init the console: %v", err)
		}
	}
	return nil
}
