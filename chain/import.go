package chain

import (
	"errors"
	"fmt"
	"time"
)

// ErrFollows is wrapped when entries from elsewhere do not follow on from a chain.
var ErrFollows = errors.New("it does not follow on")

// Import adds the entries of an export behind the last snapshot, as they are: two
// chains that were the same still are. It returns how many it has added; those that
// the chain has already are not among them, and ErrNothing says that these are all.
//
// An error that wraps ErrFollows means that they stand on something else than the
// chain has. With rebase they are added all the same, below the volatile entry, if
// there is one; that takes room for all of them twice. Either all of them are in the
// chain after a cut or none is; but the volatile entry may be a snapshot already, where
// it is one in the export.
func (c *Chain) Import(x *Export, rebase bool, now time.Time) (added int, err error) {
	began := false
	err = c.retry(func() error {
		if err := c.ready(); err != nil {
			return err
		}
		if err := c.notOnTrial(); err != nil {
			return err
		}
		if err := c.settle(); err != nil {
			return err
		}
		list, err := c.arrivals(x, rebase)
		if err != nil {
			return err
		}
		if began && len(list) == 0 {
			return nil // the try before got as far as that
		}
		began, added = true, len(list)
		known := c.asSnapshot(x)
		switch {
		case known == nil && added == 0:
			return ErrNothing
		case known == nil && c.Volatile() != nil:
			return c.writeBelow(list, now)
		case known != nil:
			if _, err := c.roomOnTop(list); err != nil {
				return err
			}
			if err := c.Promote(known.Label, now); err != nil {
				return err
			}
		}
		return c.writeOnTop(list)
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// arrival is an entry from elsewhere, with its place in this chain.
type arrival struct {
	laid
	commit record
	label  string // of the entry, in place of that in its header
}

// laidOf returns what is to be written of arrivals.
func laidOf(list []arrival) []laid {
	var entries []laid
	for _, a := range list {
		entries = append(entries, a.laid)
	}
	return entries
}

// asSnapshot returns the entry of an export that is the volatile one of the chain,
// and a snapshot there; or nil.
func (c *Chain) asSnapshot(x *Export) *Parcel {
	at, there, ok := c.known(x)
	if ok && there > 0 && at == len(c.entries) && c.Volatile() != nil && x.Entries[there-1].Snapshot {
		return &x.Entries[there-1]
	}
	return nil
}

// arrivals returns what is missing of an export, with new headers.
func (c *Chain) arrivals(x *Export, rebase bool) ([]arrival, error) {
	at, there, ok := c.known(x)
	switch {
	case ok && there == len(x.Entries):
		return nil, nil
	case ok && at == len(c.entries) && (c.Volatile() == nil || c.asSnapshot(x) != nil):
		return c.place(x.Entries[there:], c.entries, true), nil
	case ok && at == len(c.entries) && !rebase:
		return nil, fmt.Errorf("%w: the volatile entry has to be a snapshot first", ErrFollows)
	case ok && !rebase:
		return nil, fmt.Errorf("%w: the chain goes on with %s behind %s", ErrFollows, c.entries[at].Name(), stateText(at))
	case !x.Any && !rebase:
		return nil, fmt.Errorf("%w: it stands on another state than the chain has, in front of entry %d", ErrFollows, x.Entries[0].Header.Number)
	case c.Volatile() != nil && !rebase:
		return nil, fmt.Errorf("%w: the volatile entry stands in its place", ErrFollows)
	}
	rest, on := x.Entries[there:], c.Snapshots()
	volatile := !rest[len(rest)-1].Snapshot
	if volatile {
		on = c.entries
	}
	// What was put on top before is not put there again.
	if n := len(on) - len(rest); n >= 0 {
		list := c.place(rest, on[:n], false)
		if list[len(list)-1].h.hash() == on[len(on)-1].Hash {
			return nil, nil
		}
	}
	if volatile && c.Volatile() != nil {
		return nil, fmt.Errorf("%w: there is a volatile entry in the chain, and one in the export", ErrFollows)
	}
	return c.place(rest, c.Snapshots(), false), nil
}

func stateText(n int) string {
	if n == 0 {
		return "the bare firmware"
	}
	return fmt.Sprintf("entry %d", n)
}

// place makes headers for parcels that are to stand behind some entries. With same,
// they differ from those on the flash that they come from by its geometry only, and
// records say what else is known; else all is in the headers.
func (c *Chain) place(parcels []Parcel, behind []*Entry, same bool) []arrival {
	var prev Hash
	number := len(behind)
	if number > 0 {
		prev = behind[number-1].Hash
	}
	var list []arrival
	for _, p := range parcels {
		h := c.newHeader(p.Header.Type, p.Payload)
		number++
		h.Number, h.Prev, h.Serial, h.Created, h.Label = number, prev, p.Header.Serial, p.Header.Created, p.Header.Label
		if !same {
			h.Type, h.Label = TypeVolatile, p.Label
			if p.Snapshot {
				h.Type = TypeSnapshot
			}
		}
		a := arrival{laid: laid{h, func() (*Payload, error) { return p.Payload, nil }}, commit: record{kind: kindCommit}, label: p.Label}
		if p.Snapshot {
			a.commit.flags = flagSnapshot
		}
		if a.label != h.Label {
			a.commit.label = a.label
		}
		list = append(list, a)
		prev = h.hash()
	}
	return list
}

// raise sees to it that no header that is written here later is one of those from
// elsewhere: the serial number of its first record is higher.
func (c *Chain) raise(entries []laid) {
	for _, l := range entries {
		c.serial = max(c.serial, l.h.Serial)
	}
}

// clearBehind makes sure that nothing follows what is to stand in front of a block:
// a header from elsewhere, or that of a compaction, may have stood there before, and
// something behind it. It erases the block even where it reads as blank, for an erase
// that was cut short may read differently each time.
func (c *Chain) clearBehind(block int) error {
	if block >= c.a.blocks() {
		return nil
	}
	if err := c.disarm(block); err != nil {
		return err
	}
	return c.wipe(block, block+1)
}

// roomOnTop returns a *NoRoomError when entries do not fit behind the last one, and
// whether they have to go through the back buffer, which takes room for them twice.
func (c *Chain) roomOnTop(list []arrival) (twice bool, err error) {
	need, free := blocksOf(laidOf(list)), c.a.blocks()-c.end
	twice = c.standing != nil || c.unsure
	if twice && 2*need > free && !c.unsure && c.standing.void() {
		twice = false // it never counted
	}
	if twice {
		need *= 2
	}
	if need > free {
		err = &NoRoomError{Need: need, Free: free, EraseSize: c.a.g.EraseSize}
	}
	return twice, err
}

// writeOnTop writes entries behind the last one. On free flash they are written to
// their homes, the last of them first: nothing leads to them before the first one is
// committed, and that is by one record. Over what was rolled back, copies of all of
// them go to the back buffer first.
func (c *Chain) writeOnTop(list []arrival) error {
	if len(list) == 0 {
		return nil
	}
	twice, err := c.roomOnTop(list)
	if err != nil {
		return err
	}
	entries := laidOf(list)
	at := c.end + blocksOf(entries)
	last := list[len(list)-1]
	c.raise(entries)
	if err := c.clearBehind(at); err != nil {
		return err
	}
	if !twice {
		for i := len(list) - 1; i >= 0; i-- {
			at -= list[i].h.layout().blocks
			if err := c.writeArrival(list[i], at); err != nil {
				return err
			}
		}
		return c.expect(last.h.hash())
	}
	if err := c.writeBack(entries, last.commit); err != nil {
		return err
	}
	if err := c.expect(last.h.hash()); err != nil {
		return err
	}
	if b := c.back; b != nil && len(b.entries) == len(list) {
		for i, e := range b.entries {
			e.Label = list[i].label // the one record is that of the last
		}
	}
	return c.settle()
}

func (c *Chain) writeArrival(a arrival, home int) error {
	p, err := a.p()
	if err != nil {
		return err
	}
	return c.writeHome(a.h, p, home, a.commit)
}

// writeBelow writes entries between the last snapshot and the volatile entry, which
// has another header then. All of them go to the back buffer first, and count from
// one record on.
func (c *Chain) writeBelow(list []arrival, now time.Time) error {
	v := c.Volatile()
	entries := laidOf(list)
	h := v.Header
	h.Type, h.Label = TypeVolatile, v.Label
	h.Number, h.Prev = v.Number+len(list), entries[len(entries)-1].h.hash()
	entries = append(entries, laid{&h, func() (*Payload, error) { return c.loadByHash(v.Hash) }})
	total := blocksOf(entries)
	end := max(c.end, v.Home+total)
	if free := c.a.blocks() - end; total > free {
		return &NoRoomError{Need: total, Free: max(free, 0), EraseSize: c.a.g.EraseSize}
	}
	c.raise(entries)
	if behind := v.Home + total; behind < c.a.blocks()-total {
		if err := c.clearBehind(behind); err != nil {
			return err
		}
	}
	if err := c.writeBack(entries, record{kind: kindCommit, time: now.Unix()}); err != nil {
		return err
	}
	if err := c.expect(h.hash()); err != nil {
		return err
	}
	return c.settle()
}
