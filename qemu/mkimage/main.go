// Mkimage builds the images for boards into a directory each.
//
//	mkimage [-debian] -o DIRECTORY ARCHITECTURE...
package main

import (
	"chainroot/qemu/image"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("o", "build/image", "`DIRECTORY` to build into: each image into the directory there with the architecture's name")
	debian := flag.Bool("debian", false, "build the squashfs with a whole Debian too")
	flag.Parse()
	for _, arch := range flag.Args() {
		if err := run(*dir, arch, *debian); err != nil {
			fmt.Fprintln(os.Stderr, "mkimage:", err)
			os.Exit(1)
		}
	}
}

func run(dir, arch string, debian bool) error {
	source, err := image.Source()
	if err != nil {
		return err
	}
	built, err := image.Build(source, filepath.Join(dir, arch), arch)
	if err != nil {
		return err
	}
	files := []string{built.Kernel, built.Initramfs, built.Root}
	if debian {
		system, err := built.Debian()
		if err != nil {
			return err
		}
		files = append(files, system.Root)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		fmt.Printf("%6d KiB  %s\n", info.Size()>>10, file)
	}
	return nil
}
