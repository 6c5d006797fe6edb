//go:build !linux

package main

import "os"

func main() {
	os.Stderr.WriteString("bench measures what runs on Linux, on Linux\n")
	os.Exit(1)
}
