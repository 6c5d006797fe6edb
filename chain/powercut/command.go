package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"chainroot/chain"
)

// now is the time of all commands.
var now = time.Unix(1_700_000_000, 0)

// command is one of the commands on a chain.
type command struct {
	name string
	do   func(*chain.Chain) error
	// to returns what the command makes of a model; false: it has nothing to do
	// there, and says so.
	to func(model) (model, bool)
	// copies is how often each block of what is written may be erased; 0: twice.
	copies int
	whole  bool // all of the flash may be erased, twice
	all    bool // what is written is all of the chain
	clears bool // the block behind what is written is erased, too
	size   int  // of the content that is written, in bytes
}

func config(content string, size int) command { return labelled(content, "", size) }

func labelled(content, label string, size int) command {
	p := payload(content, size)
	return command{
		name: fmt.Sprintf("config %s of %d bytes", content, size),
		do:   func(c *chain.Chain) error { return c.WriteVolatile(p, label, now) },
		to:   func(m model) (model, bool) { return m.config(content, label) },
		size: size,
	}
}

func push(label string) command {
	return command{name: "push", do: func(c *chain.Chain) error { return c.Promote(label, now) },
		to: func(m model) (model, bool) { return m.push(label) }}
}

func rollback(n int) command {
	return command{name: fmt.Sprint("rollback ", n), do: func(c *chain.Chain) error { return c.Rollback(n, now) },
		to: func(m model) (model, bool) { return m.rollback(n) }}
}

func undo() command {
	return command{name: "rollback --undo", do: func(c *chain.Chain) error { return c.Undo(now) }, to: model.undone}
}

// compact folds all snapshots but the last keep. The content of the folded one
// is made up here: what it has to be is the business of package delta.
func compact(keep, size int) command {
	do := func(c *chain.Chain) error {
		if err := c.Check(); err != nil {
			return err
		}
		groups, err := c.Folded(keep)
		if err != nil {
			return err
		}
		var payloads []*chain.Payload
		for _, entries := range groups {
			var items []item
			for _, e := range entries {
				name, err := contentOf(c, e)
				if err != nil {
					return err
				}
				items = append(items, item{content: name})
			}
			payloads = append(payloads, payload(folded(items), size))
		}
		plan, err := c.PlanCompact(keep, payloads)
		if err != nil {
			return err
		}
		return c.Compact(plan, now)
	}
	return command{name: fmt.Sprint("compact --keep ", keep), do: do, all: true, clears: true, size: size,
		to: func(m model) (model, bool) { return m.compact(keep) }}
}

func try(content, label string, size int, snapshot bool, boots int) command {
	p := payload(content, size)
	return command{
		name: fmt.Sprintf("try %s of %d bytes, %d boots, a snapshot: %v", content, size, boots, snapshot),
		do:   func(c *chain.Chain) error { return c.Try(p, snapshot, label, chain.Trial{Left: boots}, now) },
		to:   func(m model) (model, bool) { return m.tried(content, label, snapshot, boots) },
		size: size,
	}
}

func tryPush(label string, boots int) command {
	return command{name: fmt.Sprintf("try to push, %d boots", boots),
		do: func(c *chain.Chain) error { return c.TryPromote(label, chain.Trial{Left: boots}, now) },
		to: func(m model) (model, bool) { return m.triedPush(label, boots) }}
}

func attempt() command {
	return command{name: "attempt", do: func(c *chain.Chain) error { return c.Attempt(now) }, to: model.attempted}
}

func confirm() command {
	return command{name: "confirm", do: func(c *chain.Chain) error { return c.Confirm(now) }, to: model.confirmed}
}

func retry(boots int) command {
	return command{name: fmt.Sprintf("try again, %d boots", boots),
		do: func(c *chain.Chain) error { return c.Retry(chain.Trial{Left: boots}, now) },
		to: func(m model) (model, bool) { return m.retried(boots) }}
}

func giveUp() command {
	return command{name: "give up", do: func(c *chain.Chain) error { return c.GiveUp("the reason", now) }, to: model.givenUp}
}

// bare is the name of the content that shows nothing but the firmware.
const bare = "bare"

// reset erases everything.
func reset() command {
	return command{name: "reset --erase", do: func(c *chain.Chain) error { return c.Reset(payload(bare, smallSize), now) },
		to: func(m model) (model, bool) { return model{}, m.foreign == "" }, whole: true, size: smallSize}
}

// convert makes a chain of a snapshot and a volatile entry of what the flash
// holds, and brings it home.
func convert(snapshot, volatile string, size int) command {
	do := func(c *chain.Chain) error {
		unused, err := c.UnusedByJFFS2()
		if err != nil {
			return err
		}
		err = c.TakeOver([]chain.Incoming{
			{Type: chain.TypeSnapshot, Label: "old", Created: now, Payload: payload(snapshot, size)},
			{Type: chain.TypeVolatile, Created: now, Payload: payload(volatile, smallSize)},
		}, unused, now)
		if err != nil {
			return err
		}
		return c.Settle()
	}
	return command{name: fmt.Sprintf("convert %s and %s", snapshot, volatile), do: do, copies: 3,
		to: func(m model) (model, bool) { return m.takeOver(snapshot, volatile) }}
}

// refused reports whether err says that there was nothing to do, or that it may not
// be done now.
func refused(err error) bool {
	for _, e := range []error{chain.ErrNothing, chain.ErrNoState, chain.ErrForeign, chain.ErrOnTrial, chain.ErrTrial, chain.ErrSpent,
		chain.ErrFollows, chain.ErrPinned} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// noRoom reports whether err says that the flash has no room for the command.
func noRoom(err error) bool {
	var room *chain.NoRoomError
	return errors.As(err, &room) || errors.Is(err, chain.ErrNoSlot)
}

// mayLack reports whether the command may find no room for err, on a flash as it
// is: for what it writes and a copy of that, or, where the slots of an entry are
// used up, for a copy of that entry.
func (s *shape) mayLack(cmd command, c *chain.Chain, err error) bool {
	space, largest := c.Space(), 0
	for _, e := range c.Entries() {
		largest = max(largest, e.Blocks)
	}
	var room *chain.NoRoomError
	told := errors.As(err, &room)
	switch written := s.takes(cmd.size); {
	case told && (room.Need <= room.Free || room.Free > space.Free):
		return false
	case errors.Is(err, chain.ErrNoSlot):
		return told || space.Free < largest
	case cmd.whole:
		return space.Blocks <= written
	case cmd.all: // of the chain, behind both the old and the new one
		return space.Free < space.Used+written || space.Blocks < 2*(space.Used+written)
	default:
		return space.Free < 2*written
	}
}

// payloads are made once: to compress takes longer than to cut.
var payloads sync.Map

// payload returns content of a name that takes about size bytes on flash.
func payload(name string, size int) *chain.Payload {
	key := fmt.Sprint(name, "|", size)
	if p, ok := payloads.Load(key); ok {
		return p.(*chain.Payload)
	}
	h := fnv.New64a()
	io.WriteString(h, key)
	seed := h.Sum64()
	r := rand.NewPCG(seed, 1)
	b := make([]byte, max(size, len(key)))
	for i := copy(b, name+"|"); i < len(b); i++ {
		b[i] = byte(r.Uint64())
	}
	w := chain.NewPayloadWriter()
	_, err := w.Write(b)
	if err != nil {
		panic(err)
	}
	p, err := w.Finish()
	if err != nil {
		panic(err)
	}
	payloads.Store(key, p)
	return p
}
