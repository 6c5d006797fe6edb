package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"chainroot/mount"
	"chainroot/quiet"
)

// loadModules loads the kernel modules of the initramfs in the order of their
// names, NNN-name.ko. One that fails is passed over: what needs it will say so.
func (u *unit) loadModules() error {
	files, _ := mount.Names(u.modules) // none where the kernel has it all built in
	for _, f := range files {
		number, ok := strings.CutSuffix(f, ".ko")
		if !ok {
			continue
		}
		file := u.modules + "/" + f
		_, name, _ := strings.Cut(number, "-")
		options := moduleOptions(u.par.args, name)
		err := loadModule(file, options)
		if errors.Is(err, unix.ENODEV) && options == "" { // a driver for hardware that is not there
			u.log.debugf("module %s: %v", name, err)
			continue
		}
		if err != nil {
			u.log.errorf("cannot load module %s with %q: %v", name, options, err)
			continue
		}
		u.log.debugf("loaded module %s %s", name, options)
	}
	return nil
}

// loadModule loads one module; that it is there already is no error.
func loadModule(file, options string) error {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", file, err)
	}
	defer unix.Close(fd)
	if err := quiet.FinitModule(fd, options, 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
