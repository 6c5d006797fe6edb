package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// loadModules loads the kernel modules of the initramfs in the order of their
// names, NNN-name.ko. One that fails is passed over: what needs it will say so.
func (u *unit) loadModules() error {
	files, _ := os.ReadDir(u.modules) // sorted; there need be none
	for _, f := range files {
		stem, ok := strings.CutSuffix(f.Name(), ".ko")
		if !ok {
			continue
		}
		file := filepath.Join(u.modules, f.Name())
		_, name, _ := strings.Cut(stem, "-")
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
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), options, 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
