package chain

import (
	"errors"
	"fmt"
	"time"
)

// ErrPinned is wrapped when a snapshot is pinned that would go.
var ErrPinned = errors.New("is pinned")

// Pinned reports whether the snapshot is pinned: it is neither folded into another
// one nor rolled back. A compaction says so in its header, a record has the last
// word.
func (e *Entry) Pinned() bool {
	if e.last.flags&(flagPinned|flagUnpinned) != 0 {
		return e.last.flags&flagPinned != 0
	}
	return e.Type == TypePinned
}

// Pin pins snapshot n, or with pinned false no longer, by one record. It returns
// ErrNothing when that is how it is, and an error that wraps ErrNoState when there
// is no such snapshot.
func (c *Chain) Pin(n int, pinned bool, now time.Time) error {
	if err := c.ready(); err != nil {
		return err
	}
	if n < 1 || n > len(c.Snapshots()) {
		return c.NoSnapshot(n)
	}
	if e := c.OnTrial(); e != nil && e.Number == n {
		return c.notOnTrial()
	}
	if c.entries[n-1].Pinned() == pinned {
		return ErrNothing
	}
	if err := c.settle(); err != nil {
		return err
	}
	e := c.entries[n-1]
	r := record{kind: kindPin, flags: e.last.flags&^flagUnpinned | flagPinned, time: now.Unix()}
	if !pinned {
		r.kind, r.flags = kindUnpin, e.last.flags&^flagPinned|flagUnpinned
	}
	id := c.ID()
	if err := c.change(e, r, 2*fresh); err != nil {
		return err
	}
	return c.expect(id)
}

// notPinned returns an error that wraps ErrPinned if one of the entries is pinned.
func notPinned(entries []*Entry) error {
	for _, e := range entries {
		if e.Pinned() {
			return fmt.Errorf("%s %w", e.Name(), ErrPinned)
		}
	}
	return nil
}
