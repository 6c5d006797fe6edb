// Mkimage builds the images for boards into a directory each; without a name of an
// architecture those for all of them, and for a PC a squashfs with a whole Debian.
//
//	mkimage -o DIRECTORY [ARCHITECTURE]...
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

func main() {
	dir := flag.String("o", "build/image", "`DIRECTORY` to build into: each image into the directory there with the architecture's name")
	flag.Parse()
	if err := run(*dir, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mkimage:", err)
		os.Exit(1)
	}
}

func run(dir string, archs []string) error {
	if len(archs) > 0 {
		for _, arch := range archs {
			if _, err := build(dir, arch); err != nil {
				return err
			}
		}
		return nil
	}
	for _, board := range qemu.Boards() {
		built, err := build(dir, board.Arch)
		if err != nil {
			return err
		}
		if board.Arch != "amd64" {
			continue
		}
		debian, err := built.Debian()
		if err != nil {
			return err
		}
		if err := tell(debian.Root); err != nil {
			return err
		}
	}
	return nil
}

// build builds the image of one board.
func build(dir, arch string) (*image.Image, error) {
	source, err := image.Source()
	if err != nil {
		return nil, err
	}
	built, err := image.Build(source, filepath.Join(dir, arch), arch)
	if err != nil {
		return nil, err
	}
	return built, tell(built.Kernel, built.Initramfs, built.Root)
}

// tell lists files with their sizes.
func tell(files ...string) error {
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		fmt.Printf("%6d KiB  %s\n", info.Size()>>10, file)
	}
	return nil
}
