package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/mount"
)

// emergency is where a boot ends that cannot go on: a reboot if panic= asks for
// one, or else a shell for ever.
func (u *unit) emergency(cause error) error {
	if !u.log.open {
		u.log.start()
	}
	u.log.errorf("cannot boot: %v", cause)
	if seconds := u.par.panicTime; seconds != 0 {
		u.log.errorf("rebooting in %d seconds, as panic=%d asks", max(seconds, 0), seconds)
		time.Sleep(time.Duration(max(seconds, 0)) * time.Second)
		unix.Sync()
		err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
		u.log.errorf("cannot reboot: %v", err)
	}
	root := u.shellRoot()
	u.log.errorf("a shell on the console follows; look at /proc/cmdline and dmesg, " +
		"reboot with other parameters (reboot -f), or set panic=SECONDS to reboot by itself")
	for {
		if err := u.shell(root); err != nil {
			u.log.errorf("%v; nothing more can be done here but to reset the unit", err)
			u.wait()
		}
		u.log.errorf("the shell ended; there is nothing to go back to: %v", cause)
		time.Sleep(time.Second)
	}
}

// shellRoot returns where there is a shell: in the squashfs, once that is
// mounted, with the kernel's file systems in sight; or else in the initramfs.
func (u *unit) shellRoot() string {
	if u.root == "" || u.root == "/" {
		return "/"
	}
	root := romDir
	if !mountedOn(romDir) { // it was moved into the new root already
		root = u.root
	}
	for _, dir := range []string{"/proc", "/sys", "/dev"} {
		if mountedOn(dir) && !mountedOn(root+dir) {
			if err := mount.Bind(dir, root+dir); err != nil {
				u.log.warnf("%v", err)
			}
		}
	}
	return root
}

// shell runs a shell on the console, with root as its root, until it ends.
func (u *unit) shell(root string) error {
	files := []uintptr{0, 1, 2}
	console, err := unix.Open(u.console, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil { // /dev may be in the new root already
		console, err = unix.Open(root+u.console, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		u.log.warnf("cannot open the console: %v", err)
	} else {
		defer unix.Close(console)
		files = []uintptr{uintptr(console), uintptr(console), uintptr(console)}
	}
	attr := &syscall.ProcAttr{
		Dir:   "/",
		Env:   append(os.Environ(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PS1=preinit# "),
		Files: files,
		Sys:   &syscall.SysProcAttr{Chroot: root, Setsid: true, Setctty: true},
	}
	pid, err := syscall.ForkExec("/bin/sh", []string{"sh"}, attr)
	if err != nil { // a console that is no terminal controls nothing
		attr.Sys.Setctty = false
		pid, err = syscall.ForkExec("/bin/sh", []string{"sh"}, attr)
	}
	if err != nil {
		return fmt.Errorf("cannot start /bin/sh: %w", err)
	}
	for {
		got, err := unix.Wait4(-1, nil, 0, nil) // also what the shell left behind
		if got == pid || err != nil && !errors.Is(err, unix.EINTR) {
			return nil
		}
	}
}

// wait collects dead children for ever.
func (u *unit) wait() {
	for {
		if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
			time.Sleep(time.Second)
		}
	}
}
