// Fetch gets source code out of Debian's archive, for the scripts that build what
// Debian has no package of.
//
//	fetch linux DIRECTORY     downloads the package with the kernel's source
//	fetch busybox DIRECTORY   unpacks the source package
//
// It prints the file, or the directory, that it made.
package main

import (
	"errors"
	"fmt"
	"os"

	"chainroot/qemu/image"
)

func main() {
	made, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err)
		os.Exit(1)
	}
	fmt.Println(made)
}

func run(args []string) (string, error) {
	if len(args) == 2 {
		switch args[0] {
		case "linux":
			return image.LinuxSource(args[1])
		case "busybox":
			return image.BusyboxSource(args[1])
		}
	}
	return "", errors.New("usage: fetch linux|busybox DIRECTORY")
}
