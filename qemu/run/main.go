// Run boots the test machine on the terminal: make run.
//
//	run [-arch ARCHITECTURE] [-attach KIND] [-flash FILE] [KERNEL PARAMETER...]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// flashSize is the size of rootfs_data, in bytes.
const flashSize = 16 << 20

func main() {
	arch := flag.String("arch", "amd64", "`ARCHITECTURE` of the machine, by Go's name")
	kind := flag.String("attach", "", "`KIND` of rootfs_data; without it the machine's usual one")
	flash := flag.String("flash", "", "`FILE` with rootfs_data, made if it is not there (default build/flash-ARCHITECTURE-KIND.img)")
	flag.Parse()
	if err := run(*arch, *kind, *flash, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(arch, kind, flash string, params []string) error {
	source, err := image.Source()
	if err != nil {
		return err
	}
	build := filepath.Join(source, "build")
	img, err := image.Build(source, filepath.Join(build, "image", arch), arch)
	if err != nil {
		return err
	}
	attach, err := attachOf(img.Board, kind)
	if err != nil {
		return err
	}
	if flash == "" {
		flash = filepath.Join(build, fmt.Sprintf("flash-%s-%s.img", arch, attach))
	}
	if _, err := os.Stat(flash); errors.Is(err, fs.ErrNotExist) {
		if err := img.Flash(flash, attach, flashSize); err != nil {
			return err
		}
	}
	m := img.Machine(flash, attach)
	m.Params, m.Resets = params, true
	args := m.Args(qemu.Terminal)
	program, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	fmt.Printf("rootfs_data is %s; delete it for a new unit.\n", flash)
	fmt.Println("Try: echo hello > /etc/hello; snapshot config; reboot -f. Ctrl-A X leaves.")
	return syscall.Exec(program, args, os.Environ())
}

// attachOf returns the kind of rootfs_data with a name that the board can have.
func attachOf(board *qemu.Board, name string) (qemu.Attach, error) {
	if name == "" {
		return board.Attach[0], nil
	}
	for _, a := range board.Attach {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("a %s machine has no rootfs_data of the kind %q: there are %v", board.Arch, name, board.Attach)
}
