package main

import "os"

func main() {
	c := &cli{
		out:  os.Stdout,
		errs: os.Stderr,
		root: "/",
	}
	os.Exit(c.main(os.Args[1:]))
}
