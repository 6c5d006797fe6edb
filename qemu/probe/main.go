//go:build linux

// Probe is the program inside the test image's squashfs.
//
//	probe serve            runs shell commands that arrive on the second serial line
//	probe exotic DIR       makes in DIR one file of every kind that is hard to keep
//	probe dump PATH...     describes trees, exactly: equal output means equal trees
//	probe ubi N NAME       makes a UBI volume on MTD partition N
//	probe trees            describes those that the loop changes
//	probe loop SEED N      runs commands until the power is cut, with a journal on the
//	                       second serial line; the trees it makes have numbers from N
//
// Started as init it records its arguments, environment and process number in
// /run and goes on with /sbin/init.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"chainroot/qemu"
	"chainroot/qemu/agent"
)

// line returns the node of the second serial line.
func line() (string, error) {
	board, err := qemu.BoardOf(runtime.GOARCH)
	if err != nil {
		return "", err
	}
	return "/dev/" + board.Agent, nil
}

func main() {
	do := run
	if filepath.Base(os.Args[0]) == "init" {
		do = recordInit
	}
	if err := do(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "serve":
		return serve()
	case len(args) == 2 && args[0] == "exotic":
		return exotic(args[1])
	case len(args) > 1 && args[0] == "dump":
		return dumpAll(args[1:])
	case len(args) == 3 && args[0] == "ubi":
		return makeVolume(args[1], args[2])
	case len(args) == 1 && args[0] == "trees":
		return dumpAll(generated)
	case len(args) == 3 && args[0] == "loop":
		return loopFor(args[1], args[2])
	}
	return fmt.Errorf("usage: probe serve, probe exotic DIR, probe dump PATH, probe ubi N NAME, probe trees, probe loop SEED N")
}

func dumpAll(tops []string) error {
	out := bufio.NewWriter(os.Stdout)
	for _, top := range tops {
		if err := dump(out, top); err != nil {
			return err
		}
	}
	return out.Flush()
}

// serve makes the serial line carry every byte as it is, and runs commands. On
// a machine without a second line it ends.
func serve() error {
	name, err := line()
	if err != nil {
		return err
	}
	tty, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer tty.Close()
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return nil // no such line in this machine
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, t); err != nil {
		return fmt.Errorf("cannot set up %s: %w", name, err)
	}
	return agent.Serve(tty)
}

func recordInit([]string) error {
	for name, lines := range map[string][]string{
		"arguments": os.Args, "environment": os.Environ(), "process": {fmt.Sprint(os.Getpid())},
	} {
		if err := os.WriteFile("/run/init-"+name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return unix.Exec("/sbin/init", []string{"/sbin/init"}, os.Environ())
}
