// Mkimage builds the image for the test machines into a directory.
package main

import (
	"flag"
	"fmt"
	"os"

	"chainroot/qemu/image"
)

func main() {
	dir := flag.String("o", "build/image", "`DIRECTORY` to build into")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "mkimage:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	source, err := image.Source()
	if err != nil {
		return err
	}
	built, err := image.Build(source, dir)
	if err != nil {
		return err
	}
	for _, file := range []string{built.Kernel, built.Initramfs, built.Root} {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		fmt.Printf("%6d KiB  %s\n", info.Size()>>10, file)
	}
	return nil
}
