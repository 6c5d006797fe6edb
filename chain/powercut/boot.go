package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"chainroot/chain"
	"chainroot/flash"
)

// boot does what preinit does with a flash, and returns the chain, whose state
// show tells.
func boot(dev flash.Device) (*chain.Chain, error) {
	c, err := chain.Open(dev)
	if err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if !c.Settled() {
		if err := c.Repair(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// show tells the state of a chain in one line: of each entry what it is, the
// name of its content, the boots left to a trial, and its label.
func show(c *chain.Chain) (string, error) {
	if f := c.Foreign(); f != chain.ContentUnknown {
		return f.String(), nil
	}
	var b strings.Builder
	for _, e := range c.Entries() {
		name, err := contentOf(c, e)
		if err != nil {
			return "", fmt.Errorf("%s: %w", e.Name(), err)
		}
		if e.IsVolatile() && name == bare {
			continue // what is seen is the firmware
		}
		kind := byte('s')
		if e.IsVolatile() {
			kind = 'v'
		}
		t, on := e.Trial()
		item{name, e.Label, on, t.Left, e.Pinned()}.write(&b, kind)
	}
	return b.String(), nil
}

// contents are the names of contents by the hash of their chunk table: what
// Check has found to hold is unpacked once.
var contents sync.Map

func contentOf(c *chain.Chain, e *chain.Entry) (string, error) {
	if name, ok := contents.Load(e.Table); ok {
		return name.(string), nil
	}
	name, err := unpack(c, e)
	if err == nil {
		contents.Store(e.Table, name)
	}
	return name, err
}

// unpack returns the name of the content of an entry, read to its end.
func unpack(c *chain.Chain, e *chain.Entry) (string, error) {
	r, err := c.Tar(e)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	i := bytes.IndexByte(b, '|')
	if i < 0 {
		return "", fmt.Errorf("%d bytes that nobody has written", len(b))
	}
	return string(b[:i]), nil
}

// damage tells what a chain reports as damaged.
func damage(c *chain.Chain) string {
	var list []string
	for _, d := range c.Damage() {
		list = append(list, fmt.Sprintf("%s: %v", d.What, d.Err))
	}
	return strings.Join(list, "; ")
}
