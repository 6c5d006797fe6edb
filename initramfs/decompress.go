package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// readModule reads a kernel module and unpacks it: preinit hands modules to the
// kernel as they are, and a kernel need not know how to unpack them.
func readModule(file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	switch filepath.Ext(file) {
	case ".ko":
		return content, nil
	case ".gz":
		content, err = gunzip(content)
	case ".xz":
		content, err = unpack(content, "xz", "-dc")
	case ".zst":
		content, err = unpack(content, "zstd", "-dcq")
	default:
		err = errors.New("not a kernel module: .ko, .ko.gz, .ko.xz, .ko.zst")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read module %s: %w", file, err)
	}
	return content, nil
}

func gunzip(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// unpack runs a decompressor of the host.
func unpack(packed []byte, tool string, args ...string) ([]byte, error) {
	cmd := exec.Command(tool, args...)
	cmd.Stdin = bytes.NewReader(packed)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("it takes the program %s to unpack it: %w", tool, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", tool, err, strings.TrimSpace(problem.String()))
	}
	return out, nil
}
