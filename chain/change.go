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
	if err := c.ready(); err != nil {
		return err
	}
	if c.Volatile() == nil {
		return ErrNothing
	}
	if err := c.settle(); err != nil {
		return err
	}
	v := c.Volatile()
	if err := c.spare(v, 1); err != nil {
		return err
	}
	if err := c.record(v, record{kind: kindPromote, flags: flagSnapshot, time: now.Unix(), label: label}); err != nil {
		return err
	}
	return c.expect(v.Hash)
}

// spare returns an error unless e has a slot for a record and so many more: the
// last one is kept for a roll-back, which must always be possible.
func (c *Chain) spare(e *Entry, more int) error {
	if free := e.SlotsFree(); free <= more {
		return fmt.Errorf("%w: %s has %d free, and keeps %d to be rolled back", ErrNoSlot, e.Name(), free, more)
	}
	return nil
}

// Rollback ends the chain behind snapshot n (0: the bare firmware), by one
// record in the entry that follows. What it takes away stays on flash until
// the space is written to, and Undo brings it back. ErrNothing means that the
// chain ends there already.
func (c *Chain) Rollback(n int, now time.Time) error {
	if err := c.ready(); err != nil {
		return err
	}
	if n < 0 || n > len(c.Snapshots()) {
		return fmt.Errorf("%w: snapshot %d, the chain has %s", ErrNoState, n, c.states())
	}
	if n == len(c.entries) {
		return ErrNothing
	}
	if err := c.settle(); err != nil && c.entries[n].Block == c.entries[n].Home {
		return err
	}
	e := c.entries[n]
	if s := c.standing; e.Block != e.Home && s != nil && !s.retired() {
		// It cannot be brought home, and is retired where it stands. What it
		// replaces should not count again when the back buffer is erased; but
		// where a home takes no record, the roll-back matters more.
		_ = c.record(s, record{kind: kindRetire, flags: s.last.flags | flagRetired, time: now.Unix()})
	}
	lost := uint32(len(c.entries) - n)
	if err := c.record(e, record{kind: kindRetire, flags: e.last.flags | flagRetired, arg: lost, time: now.Unix()}); err != nil {
		return err
	}
	return c.expect(e.Prev)
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

// Undo takes the last Rollback back, by one record. It returns an error that
// wraps ErrNoState when there is none to take back, or when some of what it
// took away is gone.
func (c *Chain) Undo(now time.Time) error {
	if err := c.ready(); err != nil {
		return err
	}
	lost, err := c.rolledBack()
	if err != nil {
		return err
	}
	e := lost[0]
	if err := c.spare(e, 1); err != nil {
		return err
	}
	if err := c.record(e, record{kind: kindRestore, flags: e.last.flags &^ flagRetired, time: now.Unix()}); err != nil {
		return err
	}
	return c.expect(lost[len(lost)-1].Hash)
}

// rolledBack returns the entries that Undo would bring back.
func (c *Chain) rolledBack() ([]*Entry, error) {
	e := c.standing
	if e == nil || !e.retired() || c.Volatile() != nil {
		return nil, fmt.Errorf("%w: no roll-back to take back, or its space is in use again", ErrNoState)
	}
	lost, err := c.behind(e)
	if err != nil {
		return nil, err
	}
	if len(lost) != int(e.last.arg) || len(lost) == 0 {
		return nil, fmt.Errorf("%w: of the %d entries that were rolled back, %d are left", ErrNoState, e.last.arg, len(lost))
	}
	return lost, nil
}

// behind returns the entries that the chain would show from e on, were e not
// retired.
func (c *Chain) behind(e *Entry) ([]*Entry, error) {
	var found []*Entry
	for {
		switch err := c.Verify(e); {
		case errors.Is(err, ErrDamaged):
			return found, nil
		case err != nil:
			return nil, err
		}
		found = append(found, e)
		if e.IsVolatile() {
			return found, nil
		}
		next, err := c.read(e.Block + e.Blocks)
		if err != nil || !next.follows(e.Hash, e.Number+1) || next.retired() {
			return found, nil
		}
		e = next
	}
}
