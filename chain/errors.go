package chain

import (
	"errors"
	"fmt"
)

var (
	// ErrDamaged is wrapped by every error about an entry whose content is not
	// what its hashes say, or not what its header announces.
	ErrDamaged = errors.New("damaged")

	// ErrVersion is wrapped when the chain was written by a newer version.
	ErrVersion = errors.New("the chain has a newer format")

	// ErrGeometry is wrapped when the chain was written for another size of
	// erase blocks, or its records for smaller write units than there are.
	ErrGeometry = errors.New("the chain does not fit the geometry of this flash")

	// ErrNothing is returned by a change that would change nothing.
	ErrNothing = errors.New("nothing to do")

	// ErrNoState is wrapped when a state was asked for that is not there.
	ErrNoState = errors.New("no such state")

	// ErrTrial is wrapped when there can be no such trial.
	ErrTrial = errors.New("no such trial")

	// ErrOnTrial is wrapped when the last entry must not be on trial.
	ErrOnTrial = errors.New("is on trial")

	// ErrSpent is wrapped when a trial has no boot left.
	ErrSpent = errors.New("all boots of the trial are used up")

	// ErrNoSlot is wrapped when an entry has no record slot left.
	ErrNoSlot = errors.New("no record slot left")

	// ErrForeign is wrapped when the partition holds something that is not a
	// chain and that nobody asked to give up.
	ErrForeign = errors.New("holds something else")

	// ErrReadBack is wrapped when flash does not return what was written.
	ErrReadBack = errors.New("flash does not hold what was written")
)

// aboutContent reports whether err says what stands on the flash, and not that
// the flash cannot be read.
func aboutContent(err error) bool {
	return errors.Is(err, errNoHeader) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrVersion) || errors.Is(err, ErrGeometry)
}

// NoRoomError says that an entry does not fit, before anything was touched.
type NoRoomError struct {
	Need, Free int // erase blocks
	EraseSize  int // bytes
	Twice      bool
}

func (e *NoRoomError) Error() string {
	how := ""
	if e.Twice {
		how = " (the entry twice, for its copy in the back buffer comes first)"
	}
	return fmt.Sprintf("no room on the flash: needs %d bytes in %d erase blocks%s, free are %d bytes in %d",
		int64(e.Need)*int64(e.EraseSize), e.Need, how, int64(e.Free)*int64(e.EraseSize), e.Free)
}

// Damage is something the walk passed over that a unit in order does not have.
type Damage struct {
	What string // for example "snapshot 2"
	Err  error
}
