package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// isTerminal reports whether what is written to w, or read from it, is a person's.
func isTerminal(w any) bool {
	switch w := w.(type) {
	case *os.File:
		_, err := unix.IoctlGetTermios(int(w.Fd()), unix.TCGETS)
		return err == nil
	case *clearing:
		return isTerminal(w.w)
	}
	return false
}

// width returns how many columns the terminal has that w is, or 80.
func width(w io.Writer) int {
	const usual = 80
	switch w := w.(type) {
	case *os.File:
		if size, err := unix.IoctlGetWinsize(int(w.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	case *clearing:
		return width(w.w)
	}
	return usual
}
