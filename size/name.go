package main

import (
	"net/url"
	"strings"
)

// packageOf returns the package that a symbol belongs to, as it is imported; "" if it
// is of none, such as the types of a program.
func packageOf(symbol string) string {
	// What the compiler makes of a type belongs to the package of the type.
	for _, prefix := range []string{"type:.eq.", "type:.hash.", "go:itab."} {
		if rest, ok := strings.CutPrefix(symbol, prefix); ok {
			symbol, _, _ = strings.Cut(strings.TrimLeft(rest, "*"), ",") // of go:itab, the interface
		}
	}
	// An instance of a generic function belongs to the package that has it.
	symbol, _, _ = strings.Cut(symbol, "[")
	if strings.ContainsAny(symbol, ":{ ") {
		return ""
	}
	slash := strings.LastIndexByte(symbol, '/') + 1
	dot := strings.IndexByte(symbol[slash:], '.')
	if dot < 0 {
		return "runtime" // in assembly, or of the linker
	}
	path := symbol[:slash+dot]
	if plain, err := url.PathUnescape(path); err == nil { // a dot in the last element is %2e
		path = plain
	}
	return path
}

// moduleOf returns the module of a package: one of those given, or Go's runtime or its
// standard library.
func moduleOf(path string, modules []string) string {
	for _, m := range modules {
		if path == m || strings.HasPrefix(path, m+"/") {
			return m
		}
	}
	switch {
	case path == "":
		return "of no package"
	case path == "runtime", strings.HasPrefix(path, "runtime/"), strings.HasPrefix(path, "internal/runtime/"):
		return "Go's runtime"
	}
	return "Go's standard library"
}
