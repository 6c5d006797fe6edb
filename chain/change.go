package chain

import (
	"errors"
	"fmt"
	"time"
)

// Promote makes the volatile entry a snapshot, by one record. A label that is
// not empty replaces that of the entry. Without a volatile entry it returns
// ErrNothing.
func (c *Chain) Promote(label string, now time.Time) error {
	if err := checkLabel(label); err != nil {
		return err
	}
	if err := c.settle(); err != nil {
		return err
	}
	v := c.Volatile()
	if v == nil {
		return ErrNothing
	}
	if err := c.record(v, record{kind: KindPromote, flags: flagSnapshot, time: now.Unix(), label: label}); err != nil {
		return err
	}
	return c.expect(v.Hash)
}

// Rollback ends the chain behind snapshot n (0: the bare firmware), by one
// record in the entry that follows. What it takes away stays on flash until
// the space is written to, and Undo brings it back. ErrNothing means that the
// chain ends there already.
func (c *Chain) Rollback(n int, now time.Time) error {
	if err := c.settle(); err != nil {
		return err
	}
	if n < 0 || n > len(c.Snapshots()) {
		return fmt.Errorf("%w: snapshot %d, the chain has %s", ErrNoState, n, c.states())
	}
	if n == len(c.entries) {
		return ErrNothing
	}
	return c.retire(n, now)
}

// states describes the snapshots to a person.
func (c *Chain) states() string {
	switch n := len(c.Snapshots()); n {
	case 0:
		return "none"
	case 1:
		return "1"
	default:
		return fmt.Sprintf("1 to %d", n)
	}
}

// retire ends the chain before c.entries[n]. The record that counts is the one
// at home; a copy in the back buffer gets it too, so that no damage to the
// entry at home can let the copy stand in for it.
func (c *Chain) retire(n int, now time.Time) error {
	e, prev := c.entries[n], c.entries[n].Prev
	r := record{kind: KindRetire, flags: e.last.flags | flagRetired, arg: uint32(len(c.entries) - n), time: now.Unix()}
	if err := c.record(e, r); err != nil {
		return err
	}
	if b := c.copy; b != nil && b.Hash == e.Hash && b.SlotsFree() > 0 {
		if err := c.record(b, r); err != nil {
			return err
		}
	}
	return c.expect(prev)
}

// Undo takes the last Rollback back, by one record. It returns an error that
// wraps ErrNoState when there is none to take back, or when some of what it
// took away is gone.
func (c *Chain) Undo(now time.Time) error {
	if err := c.settle(); err != nil {
		return err
	}
	e := c.standing
	if e == nil || !e.retired() || c.Volatile() != nil {
		return fmt.Errorf("%w: no roll-back to take back, or its space is in use again", ErrNoState)
	}
	lost, err := c.behind(e)
	if err != nil {
		return err
	}
	if len(lost) != int(e.last.arg) {
		return fmt.Errorf("%w: of the %d entries that were rolled back, %d are left", ErrNoState, e.last.arg, len(lost))
	}
	if err := c.record(e, record{kind: KindRestore, flags: e.last.flags &^ flagRetired, time: now.Unix()}); err != nil {
		return err
	}
	return c.expect(lost[len(lost)-1].Hash)
}

// behind returns the entries that the chain would show from e on, were e not
// retired.
func (c *Chain) behind(e *Entry) ([]*Entry, error) {
	found := []*Entry{e}
	for {
		switch err := c.Verify(e); {
		case errors.Is(err, ErrDamaged):
			return found[:len(found)-1], nil
		case err != nil:
			return nil, err
		}
		if e.IsVolatile() {
			return found, nil
		}
		next, err := c.read(e.Block + e.Blocks)
		if err != nil || !next.follows(e.Hash, e.Number+1) || next.retired() {
			return found, nil
		}
		found, e = append(found, next), next
	}
}
