package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("size", flag.ExitOnError)
	output := fs.String("o", "", "`FILE` to write the figures to, as JSON")
	why := fs.Bool("why", false, "list what each module and package takes of programs with symbols")
	fs.Parse(args)
	if *why {
		for _, path := range fs.Args() {
			if err := explain(out, path); err != nil {
				return fmt.Errorf("cannot explain %s: %w", path, err)
			}
		}
		return nil
	}
	var files []file
	for _, path := range fs.Args() {
		f, err := measure(path)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	print(out, files)
	if *output != "" {
		if err := write(*output, files); err != nil {
			return err
		}
	}
	return over(files)
}
