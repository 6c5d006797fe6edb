package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"chainroot/chain/delta"
)

// What a unit's owner says of what is kept, in the syntax of gitignore.
const (
	excludePath = "/etc/snapshot/exclude"
	includePath = "/etc/snapshot/include"
)

// defaultsHelp is what help says of what is dropped by default.
const defaultsHelp = `temporary files, package lists and caches that can be had again, and the seed of
the random numbers, which must not be the same on two units; of an OpenWrt
(/etc/openwrt_release) and of a Debian (/etc/debian_version). Logs are kept.
`

// choice returns what is kept of the changes of this unit.
func (c *cli) choice() (*delta.Choice, error) {
	has := func(path string) bool {
		_, err := os.Lstat(c.path(path))
		return err == nil
	}
	choice := &delta.Choice{}
	var err error
	if choice.Defaults, err = delta.ParseExclude(strings.NewReader(delta.Defaults(has))); err != nil {
		return nil, fmt.Errorf("cannot use the defaults: %w", err)
	}
	if choice.Exclude, err = c.patterns(excludePath); err != nil {
		return nil, err
	}
	choice.Include, err = c.patterns(includePath)
	return choice, err
}

// patterns reads a file of patterns; one that is not there has none.
func (c *cli) patterns(path string) (*delta.Exclude, error) {
	var text io.Reader = strings.NewReader("")
	f, err := os.Open(c.path(path))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
	case err != nil:
		return nil, fmt.Errorf("cannot use %s: %w", path, err)
	default:
		defer f.Close()
		text = f
	}
	x, err := delta.ParseExclude(text)
	if err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", path, err)
	}
	return x, nil
}
