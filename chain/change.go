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
	return c.promote(label, record{kind: kindPromote, time: now.Unix()}, func(*Entry) error { return nil })
}

// promote makes the volatile entry a snapshot by r, unless it may not be.
func (c *Chain) promote(label string, r record, may func(*Entry) error) error {
	if err := checkLabel(label); err != nil {
		return err
	}
	if err := c.ready(); err != nil {
		return err
	}
	if err := c.notOnTrial(); err != nil {
		return err
	}
	if c.Volatile() == nil {
		return ErrNothing
	}
	if err := c.settle(); err != nil {
		return err
	}
	v := c.Volatile()
	if err := may(v); err != nil {
		return err
	}
	r.flags |= flagSnapshot
	r.label = label
	if err := c.change(v, r, 2*fresh); err != nil {
		return err
	}
	return c.expect(v.Hash)
}

// change gives an entry at its home another state, by a record. If it has not
// so many slots left, and keep more, it is written anew with that state: what a
// cut leaves of a record needs slots for its repair, and so does a roll-back,
// which must always be possible.
func (c *Chain) change(e *Entry, r record, keep int) error {
	if c.slotsFree(e) >= pair+keep {
		return c.record(e, r)
	}
	if err := c.canChange(e, keep); err != nil {
		return err
	}
	return c.renew(e, r)
}

func (c *Chain) canChange(e *Entry, keep int) error {
	if c.slotsFree(e) >= pair+keep {
		return nil
	}
	if free := c.a.blocks() - c.reach(); e.Blocks > free {
		return fmt.Errorf("%w: %s has used its %d, or keeps what is left to be rolled back, and cannot be written anew: %w", ErrNoSlot, e.Name(), e.layout.nSlots,
			&NoRoomError{Need: e.Blocks, Free: free, EraseSize: c.a.g.EraseSize})
	}
	return nil
}

// renew writes an entry anew, through the back buffer, with free record slots
// and the state of r.
func (c *Chain) renew(e *Entry, r record) error {
	if err := c.settle(); err != nil { // what is in the back buffer may count
		return err
	}
	if r.label == "" || r.kind == kindFail {
		r.label = e.Label
	}
	r.kind = kindCommit
	entry := laid{&e.Header, func() (*Payload, error) { return c.load(e) }}
	if err := c.writeBack([]laid{entry}, r); err != nil {
		return err
	}
	c.reopen()
	if err := c.Check(); err != nil {
		return err
	}
	if err := c.settle(); err != nil {
		return err
	}
	// The copy before was of the same entry: should a record of that have outlived
	// its erase, this one is nothing.
	if got, err := c.read(e.Block); err == nil && (got.last.flags != r.flags || got.last.lost != r.lost) {
		return fmt.Errorf("%w: %s is not what it was to be, written anew", ErrReadBack, e.Name())
	}
	return nil
}

// Rollback ends the chain behind snapshot n (0: the bare firmware), by one
// record in the entry that follows. What it takes away stays on flash until
// the space is written to, and Undo brings it back. ErrNothing means that the
// chain ends there already, an error that wraps ErrPinned that one of the
// snapshots behind it is pinned.
func (c *Chain) Rollback(n int, now time.Time) error {
	if err := c.ready(); err != nil {
		return err
	}
	if n < 0 || n > len(c.Snapshots()) {
		return c.NoSnapshot(n)
	}
	if n == len(c.entries) {
		return ErrNothing
	}
	if err := notPinned(c.entries[n:]); err != nil {
		return err
	}
	return c.rollback(n, now)
}

// rollback ends the chain behind entry n, whatever is pinned.
func (c *Chain) rollback(n int, now time.Time) error {
	unsettled := c.settle()
	if n >= len(c.entries) { // the flash is gone
		return unsettled
	}
	e := c.entries[n]
	lost := uint32(len(c.entries) - n)
	r := record{kind: kindRetire, flags: e.last.flags | flagRetired, lost: lost, time: now.Unix()}
	if err := c.retire(e, r, unsettled); err != nil {
		return err
	}
	return c.expect(e.Prev)
}

// retire ends the chain before e by r. Unsettled is why what is in the back
// buffer could not be brought home.
func (c *Chain) retire(e *Entry, r record, unsettled error) error {
	switch {
	case e.Block == e.Home:
		err := c.change(e, r, fresh)
		if errors.Is(err, ErrNoSlot) && c.slotsFree(e) >= pair {
			err = c.record(e, r) // there may be room for it, if not for its repair
		}
		return err
	case e == c.back.last():
		// It cannot be brought home, and is retired where it stands. What it
		// replaces should not count again when the back buffer is erased; but
		// where a home takes no record, the roll-back matters more.
		if s := c.standing; s != nil && !s.retired() {
			_ = c.record(s, record{kind: kindRetire, flags: s.last.flags | flagRetired, time: r.time})
		}
		r.blocks = e.last.blocks
		return c.record(e, r)
	}
	return unsettled
}

// NoSnapshot returns an error that wraps ErrNoState: the chain has no snapshot n, but
// others.
func (c *Chain) NoSnapshot(n int) error {
	has := ""
	switch last := len(c.Snapshots()); last {
	case 0:
		has = "none"
	case 1:
		has = "1"
	default:
		has = fmt.Sprintf("1 to %d", last)
	}
	return fmt.Errorf("%w: snapshot %d, the chain has %s", ErrNoState, n, has)
}

// Undo takes the last Rollback back, by one record. It returns an error that
// wraps ErrNoState when there is none to take back, or when some of what it
// took away is gone. What was on trial is on trial again, with DefaultBoots.
func (c *Chain) Undo(now time.Time) error {
	if err := c.ready(); err != nil {
		return err
	}
	if err := c.notOnTrial(); err != nil {
		return err
	}
	if err := c.settle(); err != nil {
		return err
	}
	lost, err := c.rolledBack()
	if err != nil {
		return err
	}
	e := lost[0]
	id := lost[len(lost)-1].Hash
	r, err := c.restore(e)
	if err != nil {
		return err
	}
	r.time = now.Unix()
	if err := c.change(e, r, 2*fresh); err != nil {
		return err
	}
	return c.expect(id)
}

// restore returns the record that brings e back, or why it has no room.
func (c *Chain) restore(e *Entry) (record, error) {
	r := record{kind: kindRestore, flags: e.last.flags &^ flagRetired}
	if r.flags&flagTrial != 0 {
		t := Trial{Left: DefaultBoots}
		r = t.on(r)
		if err := c.roomForTrial(c.end+e.Blocks, e.Blocks, c.slotsFree(e)-pair, t); err != nil {
			return r, err
		}
	}
	return r, c.canChange(e, 2*fresh)
}

// rolledBack returns the entries that Undo would bring back.
func (c *Chain) rolledBack() ([]*Entry, error) {
	e := c.standing
	if e == nil || !e.retired() || e.void() || c.Volatile() != nil {
		return nil, fmt.Errorf("%w: no roll-back to take back, or its space is in use again", ErrNoState)
	}
	lost, err := c.behind(e)
	if err != nil {
		return nil, err
	}
	if len(lost) != int(e.last.lost) {
		return nil, fmt.Errorf("%w: of the %d entries that were rolled back, %d are left", ErrNoState, e.last.lost, len(lost))
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
