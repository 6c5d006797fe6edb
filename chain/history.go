package chain

import (
	"cmp"
	"slices"
	"time"
)

// Event is what a record of an entry says.
type Event struct {
	Entry  string // as Entry.Name, after the record
	Hash   Hash   // of its header
	Label  string
	Kind   string // commit, push, rollback, undo, try, attempt, confirm, fail, pin, unpin
	Time   time.Time
	Left   int    // boots of the trial, if the entry is on trial then
	Reason string // of fail

	serial uint32
}

// kindNames are what Event calls the kinds of records of entries.
var kindNames = map[kind]string{
	kindCommit: "commit", kindPromote: "push", kindRetire: "rollback", kindRestore: "undo",
	kindTry: "try", kindAttempt: "attempt", kindConfirm: "confirm", kindFail: "fail",
	kindPin: "pin", kindUnpin: "unpin",
}

// History returns the records of the entries of the chain, and of the one that was
// rolled back last, in the order in which they were written. Of an entry that was
// written anew, those before that are gone. What cannot be read is left out.
func (c *Chain) History() []Event {
	entries := slices.Clone(c.entries)
	if c.standing != nil {
		entries = append(entries, c.standing)
	}
	var list []Event
	for _, e := range entries {
		list = append(list, c.history(e)...)
	}
	slices.SortStableFunc(list, func(a, b Event) int { return cmp.Compare(a.serial, b.serial) })
	return list
}

func (c *Chain) history(e *Entry) (list []Event) {
	b := make([]byte, e.layout.nSlots*recordSize)
	if c.readSlots(e, b) != nil {
		return nil
	}
	for then := *e; len(b) > 0; b = b[recordSize:] {
		r, ok := decodeRecord(b[:recordSize])
		name := kindNames[r.kind]
		if !ok || name == "" || !r.of(e.Hash) || len(list) > 0 && list[len(list)-1].serial == r.serial {
			continue
		}
		then.last = r
		ev := Event{Entry: then.Name(), Hash: e.Hash, Label: e.Label, Kind: name, Time: clock(r.time), serial: r.serial}
		if t, ok := then.onTrial(); ok {
			ev.Left = t.Left
		}
		if r.kind == kindFail {
			ev.Reason = r.label
		}
		list = append(list, ev)
	}
	return list
}
