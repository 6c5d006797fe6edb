// Run boots the test machine on the terminal: make run.
//
//	run [-block] [KERNEL PARAMETER...]
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// flashSize is the size of rootfs_data, in bytes.
const flashSize = 16 << 20

func main() {
	block := flag.Bool("block", false, "rootfs_data as a plain block device instead of MTD")
	flag.Parse()
	if err := run(*block, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(block bool, params []string) error {
	source, err := image.Source()
	if err != nil {
		return err
	}
	build := filepath.Join(source, "build")
	img, err := image.Build(source, filepath.Join(build, "image"))
	if err != nil {
		return err
	}
	attach, flash := qemu.MTD, filepath.Join(build, "flash.img")
	if block {
		attach, flash = qemu.Block, filepath.Join(build, "flash-block.img")
	}
	if _, err := os.Stat(flash); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(flash, bytes.Repeat([]byte{0xff}, flashSize), 0o644); err != nil {
			return err
		}
	}
	m := img.Machine(flash, attach)
	m.Params = params
	// Here a reboot may be one.
	args := slices.DeleteFunc(m.Args(qemu.Terminal), func(a string) bool { return a == "-no-reboot" })
	program, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	fmt.Printf("rootfs_data is %s; delete it for a new unit.\n", flash)
	fmt.Println("Try: echo hello > /etc/hello; snapshot config; reboot -f. Ctrl-A X leaves.")
	return syscall.Exec(program, args, os.Environ())
}
