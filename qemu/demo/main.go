// Demo boots a unit a few times and tells what chainroot does while the unit
// does it: make demo. Every step is checked; the exit status is 0 only if all
// went as told.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// limit is how long the boots may take.
const limit = 170 * time.Second

// flashSize is the size of rootfs_data, in bytes.
const flashSize = 16 << 20

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo: this went wrong:", err)
		os.Exit(1)
	}
}

func run() error {
	source, err := image.Source()
	if err != nil {
		return err
	}
	fmt.Println("Building the firmware of a small router and a kernel with preinit …")
	const arch = "amd64"
	img, err := image.Build(source, filepath.Join(source, "build", "image", arch), arch)
	if err != nil {
		return err
	}
	time.AfterFunc(limit, func() {
		fmt.Fprintf(os.Stderr, "demo: not done after %v\n", limit)
		os.Exit(1) // the machine ends with us
	})
	dir := filepath.Join(source, "build", "demo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	s := &stage{out: os.Stdout, machine: img.Machine(filepath.Join(dir, "flash.img"), qemu.MTD), snapshot: img.Snapshot}
	defer s.cut()
	if err := s.erase(); err != nil {
		return err
	}
	for _, scene := range story {
		s.say("\n%s", scene.title)
		if scene.play(s); s.err != nil {
			return s.err
		}
	}
	return s.end()
}
