package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/u-root/u-root/pkg/cpio"
)

// mountPoints are the directories that preinit mounts on.
var mountPoints = []string{"dev", "proc", "sys", "root", "tmp"}

// nodes are the devices there are before /dev is mounted. Without dev/console
// the kernel starts preinit with no standard input, output and error.
var nodes = []cpio.Record{
	cpio.CharDev("dev/console", 0o600, 5, 1),
	cpio.CharDev("dev/kmsg", 0o600, 1, 11),
	cpio.CharDev("dev/null", 0o666, 1, 3),
}

// build collects what the options ask for.
func build(o *options) (*archive, error) {
	a := newArchive()
	for _, dir := range mountPoints {
		if err := a.add(cpio.Directory(dir, 0o755)); err != nil {
			return nil, err
		}
	}
	for _, node := range nodes {
		if err := a.add(node); err != nil {
			return nil, err
		}
	}
	preinit, err := readProgram(o.preinit)
	if err != nil {
		return nil, err
	}
	if err := a.addFile("preinit", preinit, true); err != nil {
		return nil, err
	}
	if err := a.add(cpio.Symlink("init", "preinit")); err != nil {
		return nil, err
	}
	if o.shell != "" {
		if err := addShell(a, o.shell); err != nil {
			return nil, err
		}
	}
	for _, f := range o.files {
		if err := addHostFile(a, f); err != nil {
			return nil, err
		}
	}
	if len(o.modules) > 0 {
		if err := addModules(a, o.modulesDir, o.modules); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func addShell(a *archive, busybox string) error {
	content, err := readProgram(busybox)
	if err != nil {
		return err
	}
	if err := a.addFile("bin/busybox", content, true); err != nil {
		return err
	}
	return a.add(cpio.Symlink("bin/sh", "busybox"))
}

// addHostFile adds a file as -file names it, SOURCE:DESTINATION. Of its mode
// only "executable" counts, so that a umask does not change the archive.
func addHostFile(a *archive, pair string) error {
	source, destination, ok := strings.Cut(pair, ":")
	if !ok || source == "" || destination == "" {
		return fmt.Errorf("%w: -file wants SOURCE:DESTINATION, not %q", errUsage, pair)
	}
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("cannot add %s: not a regular file", source)
	}
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return a.addFile(destination, content, info.Mode()&0o111 != 0)
}

func addModules(a *archive, dir string, names []string) error {
	known, err := readModules(dir)
	if err != nil {
		return err
	}
	order, err := known.loadOrder(names)
	if err != nil {
		return err
	}
	for i, name := range order {
		content, err := readModule(known.file(name))
		if err != nil {
			return err
		}
		if err := a.addFile(fmt.Sprintf("modules/%03d-%s.ko", i+1, name), content, false); err != nil {
			return err
		}
	}
	return nil
}
