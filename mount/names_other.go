//go:build !linux

package mount

import "os"

// Names returns the names of what is in a directory, sorted.
func Names(dir string) ([]string, error) { return list(dir) }

func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}
