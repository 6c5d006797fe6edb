package chain

import (
	"errors"
	"fmt"
	"time"
)

// Trial is how long an entry is on trial. A boot records each attempt before it
// makes it; an entry whose boots are used up is given up.
type Trial struct {
	Left   int           // boots that may still be begun
	Within time.Duration // from each boot to a confirmation, in whole seconds; 0: no limit
}

const (
	// MaxBoots is how many boots a trial can have.
	MaxBoots = 100

	// DefaultBoots is how many boots an entry has that comes back on trial.
	DefaultBoots = 3

	// MaxWithin is the longest time to a confirmation: 24 bits of seconds.
	MaxWithin = (1<<24 - 1) * time.Second
)

// Validate returns an error that wraps ErrTrial if no record can say t.
func (t Trial) Validate() error {
	switch {
	case t.Left < 1 || t.Left > MaxBoots:
		return fmt.Errorf("%w: %d boots, there can be 1 to %d", ErrTrial, t.Left, MaxBoots)
	case t.Within < 0 || t.Within > MaxWithin || t.Within%time.Second != 0:
		return fmt.Errorf("%w: to be confirmed within %v, that can be whole seconds up to %v", ErrTrial, t.Within, MaxWithin)
	}
	return nil
}

// on makes r a record of an entry that is on trial from then on. Boots left are
// the upper 8 bits of a field that other records use for something else, seconds
// the lower 24.
func (t Trial) on(r record) record {
	r.flags |= flagTrial
	r.lost = uint32(t.Left)<<24 | uint32(t.Within/time.Second)
	return r
}

// onTrial reports whether the entry is on trial, and how.
func (r *records) onTrial() (Trial, bool) {
	if r.last.flags&(flagTrial|flagRetired) != flagTrial {
		return Trial{}, false
	}
	return Trial{Left: int(r.last.lost >> 24), Within: time.Duration(r.last.lost&(1<<24-1)) * time.Second}, true
}

// Trial returns how the entry is on trial; ok is false if it is not.
func (e *Entry) Trial() (t Trial, ok bool) { return e.onTrial() }

// OnTrial returns the entry that is on trial, or nil. Nothing stands behind it.
func (c *Chain) OnTrial() *Entry {
	if n := len(c.entries); n > 0 {
		if _, ok := c.entries[n-1].onTrial(); ok {
			return c.entries[n-1]
		}
	}
	return nil
}

// notOnTrial returns an error that wraps ErrOnTrial while an entry is on trial:
// nothing can be kept on top of it, or in its place.
func (c *Chain) notOnTrial() error {
	if e := c.OnTrial(); e != nil {
		return fmt.Errorf("%s %w", e.Name(), ErrOnTrial)
	}
	return nil
}

// Try writes p behind the last snapshot, on trial: as the volatile entry, or as a
// snapshot. It returns an error that wraps ErrTrial where a volatile entry
// stands: that is a state which was kept, and one that a trial goes back to. Where
// the flash cannot hold the entry, or not record all boots of its trial, it returns
// one that wraps a *NoRoomError, before anything is touched.
func (c *Chain) Try(p *Payload, snapshot bool, label string, t Trial, now time.Time) error {
	if err := errors.Join(checkLabel(label), t.Validate()); err != nil {
		return err
	}
	commit := t.on(record{kind: kindCommit, time: now.Unix()})
	if snapshot {
		commit.flags |= flagSnapshot
	}
	began := false
	return c.retry(func() error {
		if err := c.ready(); err != nil {
			return err
		}
		if e := c.OnTrial(); began && e != nil && e.holds(p) {
			return c.settle() // the try before got as far as that
		}
		began = true
		if err := c.notOnTrial(); err != nil {
			return err
		}
		if c.Volatile() != nil {
			return fmt.Errorf("%w: the volatile entry has to be a snapshot first", ErrTrial)
		}
		if err := c.CanTry(p, t); err != nil {
			return err
		}
		return c.write(p, label, commit, now)
	})
}

// CanTry returns why Try would refuse p for lack of room, or nil. It does not mind a
// volatile entry, and takes it for the snapshot that it has to become.
func (c *Chain) CanTry(p *Payload, t Trial) error {
	l := plan(c.a.g, p.Stored())
	if err := c.room(c.end, 0, l.blocks, c.Volatile() == nil && (c.standing != nil && !c.standing.void() || c.unsure)); err != nil {
		return err
	}
	return c.roomForTrial(c.end+l.blocks, l.blocks, l.nSlots-pair, t)
}

// TryPromote makes the volatile entry a snapshot that is on trial, by one record.
func (c *Chain) TryPromote(label string, t Trial, now time.Time) error {
	if err := t.Validate(); err != nil {
		return err
	}
	return c.promote(label, t.on(record{kind: kindPromote, time: now.Unix()}), func(v *Entry) error {
		return c.roomForTrial(c.end, v.Blocks, c.slotsFree(v)-pair, t)
	})
}

// roomForTrial returns an error when an entry of blocks, with so many slots behind
// those in use, cannot record all boots of a trial and its end: neither in these
// slots nor, on what is free behind end, by being written anew. An entry that does
// not fit at all is refused elsewhere.
func (c *Chain) roomForTrial(end, blocks, slots int, t Trial) error {
	free := c.a.blocks() - end
	if blocks <= free || free < 0 {
		return nil
	}
	if boots := max(slots-keepForEnd, 0) / fresh; boots < t.Left {
		return fmt.Errorf("%w for %d boots on trial, there are for %d: %w", ErrNoSlot, t.Left, boots,
			&NoRoomError{Need: blocks, Free: free, EraseSize: c.a.g.EraseSize})
	}
	return nil
}

// keepForEnd is how many slots a trial leaves for its end, and for the repair of
// that and of the record before: on a full flash the entry cannot be written anew.
const keepForEnd = 3 * fresh

// Attempt records that a boot of what is on trial begins. An error that wraps
// ErrSpent means that all of its boots were begun, or that there is no room to
// record another one.
func (c *Chain) Attempt(now time.Time) error {
	return c.withTrial(func(e *Entry, t Trial) error {
		if t.Left == 0 {
			return ErrSpent
		}
		t.Left--
		r := t.on(record{kind: kindAttempt, flags: e.last.flags, time: now.Unix()})
		err := c.change(e, r, keepForEnd)
		if errors.Is(err, ErrNoSlot) {
			return fmt.Errorf("%w: %w", ErrSpent, err)
		}
		return err
	})
}

// Retry gives what is on trial other boots and another time.
func (c *Chain) Retry(t Trial, now time.Time) error {
	if err := t.Validate(); err != nil {
		return err
	}
	return c.withTrial(func(e *Entry, _ Trial) error {
		if err := c.roomForTrial(c.end, e.Blocks, c.slotsFree(e)-pair, t); err != nil {
			return err
		}
		return c.change(e, t.on(record{kind: kindTry, flags: e.last.flags, time: now.Unix()}), keepForEnd)
	})
}

// Confirm ends the trial: the entry stays, and is never counted again.
func (c *Chain) Confirm(now time.Time) error {
	return c.withTrial(func(e *Entry, _ Trial) error {
		r := record{kind: kindConfirm, flags: e.last.flags &^ flagTrial, time: now.Unix()}
		err := c.change(e, r, 2*fresh)
		if errors.Is(err, ErrNoSlot) && c.slotsFree(e) >= pair+fresh {
			err = c.record(e, r) // that, and its repair
		}
		return err
	})
}

// withTrial calls f with what is on trial, on a chain in order. It returns ErrNothing
// when nothing is.
func (c *Chain) withTrial(f func(*Entry, Trial) error) error {
	if err := c.ready(); err != nil {
		return err
	}
	if c.OnTrial() == nil {
		return ErrNothing
	}
	if err := c.settle(); err != nil {
		return err
	}
	e := c.OnTrial()
	if e == nil {
		return fmt.Errorf("%w: what was on trial is gone", ErrReadBack)
	}
	t, _ := e.onTrial()
	if err := f(e, t); err != nil {
		return err
	}
	return c.expect(e.Hash)
}

// GiveUp ends the trial: the chain goes back to the entry before, as by a
// Rollback, and the record says why. Of the reason, the first MaxLabel bytes are
// kept. It returns ErrNothing when nothing is on trial.
func (c *Chain) GiveUp(reason string, now time.Time) error {
	if err := c.ready(); err != nil {
		return err
	}
	if c.OnTrial() == nil {
		return ErrNothing
	}
	unsettled := c.settle()
	e := c.OnTrial()
	if e == nil {
		return unsettled
	}
	r := record{kind: kindFail, flags: e.last.flags | flagRetired, lost: 1, time: now.Unix(), label: shorten(reason)}
	if err := c.retire(e, r, unsettled); err != nil {
		return err
	}
	return c.expect(e.Prev)
}

// shorten cuts a text to what a record has room for, between two characters.
func shorten(s string) string {
	switch {
	case s == "":
		return "given up"
	case len(s) <= MaxLabel:
		return s
	}
	n := 0
	for i, r := range s {
		if end := i + len(string(r)); end > MaxLabel {
			break
		} else {
			n = end
		}
	}
	return s[:n]
}

// Failure is a trial that ended with GiveUp.
type Failure struct {
	Name   string // of the entry, as Entry.Name
	Label  string // of the entry
	Hash   Hash   // of its header
	Time   time.Time
	Reason string
}

// Failed returns the failed trial that the chain went back from last; ok is false
// if there is none, if something else was kept since, or if cuts have used up its
// record slots, so that it was written anew: that keeps what it is, and not why.
func (c *Chain) Failed() (f Failure, ok bool) {
	e := c.standing
	if e == nil || e.last.kind != kindFail {
		return Failure{}, false
	}
	return Failure{Name: e.Name(), Label: e.Label, Hash: e.Hash, Time: clock(e.last.time), Reason: e.last.label}, true
}
