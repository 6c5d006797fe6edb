//go:build !unix

package rawfile

import "os"

// ReadFile returns what a file holds. The error is an *fs.PathError.
func ReadFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}
