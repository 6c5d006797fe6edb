package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// budgets are what the programs may take, in bytes, compressed.
var budgets = map[string]int{
	"preinit":  650 << 10,
	"snapshot": 900 << 10,
}

// file is one of those in build/size.json. All sizes are in bytes.
type file struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	XZ     int    `json:"xz"`
	Budget int    `json:"budget"` // of XZ; 0: there is none
}

// measure measures a file.
func measure(path string) (file, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return file{}, err
	}
	packed, err := xz(b)
	if err != nil {
		return file{}, fmt.Errorf("cannot compress %s: %w", path, err)
	}
	name := filepath.Base(path)
	return file{name, len(b), packed, budgets[name]}, nil
}

// print prints a line for each file.
func print(out io.Writer, files []file) {
	fmt.Fprintf(out, "%-16s %9s %9s %9s\n", "", "bytes", "xz -9e", "budget")
	for _, f := range files {
		fmt.Fprintf(out, "%-16s %9d %9d", f.Name, f.Bytes, f.XZ)
		switch {
		case f.XZ <= f.Budget:
			fmt.Fprintf(out, " %9d  %d left", f.Budget, f.Budget-f.XZ)
		case f.Budget > 0:
			fmt.Fprintf(out, " %9d  %d too many", f.Budget, f.XZ-f.Budget)
		}
		fmt.Fprintln(out)
	}
}

// over is an error that names the files that take more than their budget.
func over(files []file) error {
	var names []string
	for _, f := range files {
		if f.Budget > 0 && f.XZ > f.Budget {
			names = append(names, fmt.Sprintf("%s takes %d bytes, %d more than its budget of %d", f.Name, f.XZ, f.XZ-f.Budget, f.Budget))
		}
	}
	if names == nil {
		return nil
	}
	return fmt.Errorf("%s (make size WHY=1 tells what takes them)", strings.Join(names, ", "))
}

// write writes the figures as JSON.
func write(path string, files []file) error {
	b, err := json.MarshalIndent(map[string][]file{"files": files}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
