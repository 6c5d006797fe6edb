package main

import (
	"fmt"
	"io"
	"os"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
)

// What commands call a state besides its number.
const (
	wordConfig = "config" // what is committed: the last state
	wordLive   = "live"   // what runs
)

// viewer looks into the states of a chain.
type viewer struct {
	*cli
	s    *session
	unit *boot.Report // of the unit whose chain it is, or nil
	rom  *delta.Root  // the firmware, if it is known, or nil
}

// state is one that can be looked into.
type state struct {
	name    string         // as in a sentence
	entries []*chain.Entry // oldest first
	live    bool           // and what has changed since
}

// look opens the chain for reading and calls f with what a boot shows of it.
func (c *cli) look(f func(*viewer) error) error {
	return c.with(false, func(s *session) error {
		if err := s.Check(); err != nil {
			return err
		}
		c.damage(s)
		r, err := c.onUnit()
		if err != nil {
			return err
		}
		v := &viewer{cli: c, s: s, unit: r}
		if st, err := os.Stat(c.path(romPath)); r != nil && err == nil && st.IsDir() {
			if v.rom, err = delta.OpenRoot(c.path(romPath)); err != nil {
				return err
			}
			defer v.rom.Close()
		}
		return f(v)
	})
}

// firmware is what is known to be below all entries: nil where nothing is.
func (v *viewer) firmware() delta.Firmware {
	if v.rom == nil {
		return nil
	}
	return v.rom
}

// state returns the state that an argument names.
func (v *viewer) state(arg string) (*state, error) {
	switch arg {
	case wordConfig:
		return v.after(len(v.s.Entries())), nil
	case wordLive:
		if v.unit == nil {
			return nil, usageError("%q is what a unit runs, and %s is not the chain of this one: name a snapshot, or %s", arg, v.s.path, wordConfig)
		}
		return &state{name: "what runs", entries: v.s.Snapshots(), live: true}, nil
	}
	n, err := snapshotNumber(arg)
	if err != nil {
		return nil, usageError("%q is no state: name a snapshot (0, 1, 2, …; 0 is the bare firmware), %s or %s", arg, wordConfig, wordLive)
	}
	if n > len(v.s.Snapshots()) {
		return nil, v.s.NoSnapshot(n)
	}
	return v.after(n), nil
}

// after returns the state after so many entries.
func (v *viewer) after(n int) *state {
	st := &state{entries: v.s.Entries()[:n]}
	volatile := n > len(v.s.Snapshots())
	if volatile {
		n--
	}
	st.name = described(n, volatile)
	return st
}

// tree returns what a state holds on top of the firmware.
func (v *viewer) tree(st *state) (*delta.Tree, error) {
	t := delta.NewTree()
	for _, e := range st.entries {
		if err := addTo(t, v.s, e); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", e.Name(), err)
		}
	}
	if !st.live {
		return t, nil
	}
	o, err := v.difference(v.s, v.unit, nil)
	if err != nil {
		return nil, err
	}
	return t, addPacked(t, v.path(upperPath), o)
}

// addPacked adds to a tree what would be packed of an upper directory. The tree
// reads in the background: it opens no file.
func addPacked(t *delta.Tree, upper string, o *delta.PackOptions) error {
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		err := t.Add(r)
		r.CloseWithError(err)
		done <- err
	}()
	_, err := delta.Pack(w, upper, o)
	w.CloseWithError(err)
	if added := <-done; err == nil {
		err = added
	}
	return err
}

// compare returns what differs between two states.
func (v *viewer) compare(from, to *state) ([]delta.Change, error) {
	a, err := v.tree(from)
	if err != nil {
		return nil, err
	}
	b, err := v.tree(to)
	if err != nil {
		return nil, err
	}
	return delta.Compare(a, b, v.firmware())
}
