package main

import "os"

func main() {
	c := &cli{
		in:     os.Stdin,
		out:    os.Stdout,
		errs:   os.Stderr,
		root:   "/",
		reboot: restart,
		spawn:  spawn,
	}
	os.Exit(c.main(os.Args[1:]))
}
