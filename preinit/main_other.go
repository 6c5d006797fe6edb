//go:build !linux

package main

import "os"

func main() {
	os.Stderr.WriteString("preinit is PID 1 of a Linux unit and runs nowhere else\n")
	os.Exit(1)
}
