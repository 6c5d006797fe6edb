// Package memory keeps Go's garbage collector out of a boot: what a boot throws away
// is less than it would take to look for it, and what it keeps is small.
package memory
