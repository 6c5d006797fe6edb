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
}

func config(content string, size int) command { return labelled(content, "", size) }

func labelled(content, label string, size int) command {
	p := payload(content, size)
	return command{
		fmt.Sprintf("config %s of %d bytes", content, size),
		func(c *chain.Chain) error { return c.WriteVolatile(p, label, now) },
		func(m model) (model, bool) { return m.config(content, label) },
	}
}

func push(label string) command {
	return command{"push", func(c *chain.Chain) error { return c.Promote(label, now) },
		func(m model) (model, bool) { return m.push(label) }}
}

func rollback(n int) command {
	return command{fmt.Sprint("rollback ", n), func(c *chain.Chain) error { return c.Rollback(n, now) },
		func(m model) (model, bool) { return m.rollback(n) }}
}

func undo() command {
	return command{"rollback --undo", func(c *chain.Chain) error { return c.Undo(now) }, model.undone}
}

// compact folds all snapshots but the last keep. The content of the folded one
// is made up here: what it has to be is the business of package delta.
func compact(keep, size int) command {
	do := func(c *chain.Chain) error {
		if err := c.Check(); err != nil {
			return err
		}
		entries, err := c.Folded(keep)
		if err != nil {
			return err
		}
		var items []item
		for _, e := range entries {
			name, err := contentOf(c, e)
			if err != nil {
				return err
			}
			items = append(items, item{content: name})
		}
		plan, err := c.PlanCompact(keep, payload(folded(items), size))
		if err != nil {
			return err
		}
		return c.Compact(plan, now)
	}
	return command{fmt.Sprint("compact --keep ", keep), do, func(m model) (model, bool) { return m.compact(keep) }}
}

// refused reports whether err says that there was nothing to do.
func refused(err error) bool {
	return errors.Is(err, chain.ErrNothing) || errors.Is(err, chain.ErrNoState)
}

// noRoom reports whether err says that the flash has no room for the command.
func noRoom(err error) bool {
	var room *chain.NoRoomError
	return errors.As(err, &room) || errors.Is(err, chain.ErrNoSlot)
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
