package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// exports are made once for each state: to make one takes a life of its own.
var exports sync.Map

// export returns contents as snapshots that were made on a twin of the chain, and
// follow on from it.
func export(c *chain.Chain, contents []string, size int) (*chain.Export, error) {
	s := c.Space()
	key := fmt.Sprint(c.ID(), contents, size, s.EraseSize, s.WriteSize)
	if x, ok := exports.Load(key); ok {
		return x.(*chain.Export), nil
	}
	g := flash.Geometry{EraseSize: s.EraseSize, WriteSize: s.WriteSize, Size: 8 * int64(s.Blocks) * int64(s.EraseSize)}
	twin, err := chain.Open(sim.NewKind(sim.UBI, g))
	if err != nil {
		return nil, err
	}
	if entries := c.Entries(); len(entries) > 0 {
		if err := send(c, twin, entries); err != nil {
			return nil, fmt.Errorf("cannot make a twin: %w", err)
		}
	}
	if twin.ID() != c.ID() {
		return nil, fmt.Errorf("a twin of %s is %s", c.ID(), twin.ID())
	}
	before := len(twin.Entries())
	for _, content := range contents {
		if err := twin.WriteVolatile(payload(content, size), "", now); err != nil {
			return nil, err
		}
		if err := twin.Promote("", now); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if err := twin.Export(&b, twin.Entries()[before:]); err != nil {
		return nil, err
	}
	x, err := twin.ReadExport(&b)
	if err == nil {
		exports.Store(key, x)
	}
	return x, err
}

// send exports entries of a chain to another one.
func send(from, to *chain.Chain, entries []*chain.Entry) error {
	var b bytes.Buffer
	if err := from.Export(&b, entries); err != nil {
		return err
	}
	x, err := to.ReadExport(&b)
	if err != nil {
		return err
	}
	_, err = to.Import(x, false, now)
	return err
}

// follow imports snapshots that follow on from the chain.
func follow(size int, contents ...string) command {
	return command{
		name: fmt.Sprintf("import %s, each of %d bytes", strings.Join(contents, ", "), size),
		do: func(c *chain.Chain) error {
			if c.Foreign() != chain.ContentUnknown || c.OnTrial() != nil || c.Volatile() != nil {
				return chain.ErrFollows
			}
			x, err := export(c, contents, size)
			if err != nil {
				return err
			}
			_, err = c.Import(x, false, now)
			return err
		},
		to:     func(m model) (model, bool) { return m.imported(contents, false) },
		size:   len(contents) * size,
		clears: true,
	}
}

// rebase imports a snapshot that was made for any chain, below the volatile entry if
// there is one.
func rebase(content string, size int) command {
	return command{
		name: fmt.Sprintf("import %s of %d bytes, to whatever is there", content, size),
		do: func(c *chain.Chain) error {
			x, err := chain.NewExport(nil, payload(content, size), "", now.Unix())
			if err != nil {
				return err
			}
			_, err = c.Import(x, true, now)
			return err
		},
		to:     func(m model) (model, bool) { return m.imported([]string{content}, true) },
		size:   size,
		all:    true,
		clears: true,
	}
}

func (m model) imported(contents []string, below bool) (model, bool) {
	if m.foreign != "" || m.onTrial() || m.volatile != nil && !below {
		return m, false
	}
	m = m.clone()
	for _, content := range contents {
		m.snapshots = append(m.snapshots, item{content: content})
	}
	m.undo = nil
	return m, true
}

func pin(n int, pinned bool) command {
	name := "pin "
	if !pinned {
		name = "unpin "
	}
	return command{name: fmt.Sprint(name, n), do: func(c *chain.Chain) error { return c.Pin(n, pinned, now) },
		to: func(m model) (model, bool) { return m.pin(n, pinned) }}
}

func (m model) pin(n int, pinned bool) (model, bool) {
	if m.foreign != "" || n > len(m.snapshots) || m.snapshots[n-1].pinned == pinned || n == m.entries() && m.onTrial() {
		return m, false
	}
	m = m.clone()
	m.snapshots[n-1].pinned = pinned
	for i, u := range m.undo { // what comes back stands on it
		m.undo[i] = u.clone()
		m.undo[i].snapshots[n-1].pinned = pinned
	}
	return m, true
}

// imports are lives with entries from elsewhere: on free flash, over what was rolled
// back, below a volatile entry, the same ones again, and with something behind them
// that must not come back.
func imports(small, some int) life {
	return life{name: "imports", room: true, commands: []command{
		follow(some, "a"), follow(small, "b", "c", "d"), config("e", small),
		rebase("f", small), push(""), rollback(1), follow(small, "b", "c", "d"), config("x", small), push("last"),
		rollback(4), rollback(1), follow(small, "b", "c", "d"), rollback(0), follow(some, "g", "h"),
		pin(1, true), compact(0, small), rollback(0), follow(small, "i", "j"), pin(4, true), compact(0, small), pin(4, false), pin(2, true), pin(1, false),
		compact(0, small), rollback(1), pin(2, false), config("k", small), compact(0, small), rebase("l", some),
	}}
}
