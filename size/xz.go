package main

import (
	"bytes"
	"fmt"
	"os/exec"
)

// xz returns how many bytes b takes as xz -9e compresses it, which is what squashfs
// and kernels come close to.
func xz(b []byte) (int, error) {
	cmd := exec.Command("xz", "-9e", "--threads=1", "--stdout")
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(b), &out, &errs
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("xz: %w: %s", err, errs.Bytes())
	}
	return out.Len(), nil
}
