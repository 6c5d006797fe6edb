package chain

import (
	"fmt"
	"time"
)

// Compaction is what a chain becomes when some of its snapshots are one.
type Compaction struct {
	from    Hash // the state of the chain it was made for
	entries []laid
	renamed []Renamed
	blocks  int
}

// Renamed says which entries one of the chain to come stands for: a folded
// one for several, each other one for itself; its hash changes because its
// header holds the hash of the one before.
type Renamed struct {
	Hash Hash
	Old  []Hash
}

// Renamed lists the entries of the chain to come, oldest first.
func (p *Compaction) Renamed() []Renamed { return p.renamed }

func (p *Compaction) id() Hash { return p.renamed[len(p.renamed)-1].Hash }

// Folded returns the snapshots that are folded when the last keep stay as they are:
// each group into one. A pinned snapshot stays as it is between two groups. ErrNothing
// means that there is no group.
func (c *Chain) Folded(keep int) (groups [][]*Entry, err error) {
	for _, g := range c.groups(keep) {
		if len(g) > 1 {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return nil, ErrNothing
	}
	return groups, nil
}

// groups parts the entries into rows, each of which becomes one entry.
func (c *Chain) groups(keep int) (groups [][]*Entry) {
	folds := false // into the last group
	for i, e := range c.entries {
		may := i < len(c.Snapshots())-keep && !e.Pinned()
		if n := len(groups); may && folds {
			groups[n-1] = append(groups[n-1], e)
		} else {
			groups = append(groups, []*Entry{e})
		}
		folds = may
	}
	return groups
}

// PlanCompact returns what the chain becomes when each payload stands for one of the
// groups that Folded has returned. It returns a *NoRoomError when the new chain does
// not fit behind the old one, and an error that wraps ErrOnTrial while an entry is.
// The same entries make the same chain on any unit: number, time and label of a
// folded entry are those of the last one in it.
func (c *Chain) PlanCompact(keep int, folded []*Payload) (*Compaction, error) {
	if c.blocked != nil {
		return nil, c.blocked
	}
	if err := c.notOnTrial(); err != nil {
		return nil, err
	}
	if _, err := c.Folded(keep); err != nil {
		return nil, err
	}
	to := &Compaction{from: c.ID()}
	for _, g := range c.groups(keep) {
		last := g[len(g)-1]
		if len(g) > 1 {
			p := folded[0]
			folded = folded[1:]
			to.add(c.newHeader(TypeSnapshot, p), last, func() (*Payload, error) { return p, nil })
		} else {
			h := last.Header
			switch h.Type = TypeSnapshot; {
			case last.IsVolatile():
				h.Type = TypeVolatile
			case last.Pinned():
				h.Type = TypePinned
			}
			to.add(&h, last, func() (*Payload, error) { return c.loadByHash(last.Hash) })
		}
		renamed := &to.renamed[len(to.renamed)-1]
		for _, e := range g {
			renamed.Old = append(renamed.Old, e.Hash)
		}
	}
	return to, c.fits(to)
}

// add appends an entry that is, or stands for all up to, the old one.
func (p *Compaction) add(h *Header, old *Entry, load func() (*Payload, error)) {
	h.Number, h.Serial, h.Created, h.Label, h.Prev = 1, old.Serial, old.Created, old.Label, Hash{}
	if n := len(p.renamed); n > 0 {
		h.Number, h.Prev = n+1, p.id()
	}
	p.entries = append(p.entries, laid{h, load})
	p.renamed = append(p.renamed, Renamed{Hash: h.hash()})
	p.blocks += h.layout().blocks
}

// fits returns a *NoRoomError when the new chain does not fit into the back
// buffer, behind the old one and behind its own home.
func (c *Chain) fits(p *Compaction) error {
	if free := c.a.blocks() - max(c.end, p.blocks); p.blocks > free {
		return &NoRoomError{Need: p.blocks, Free: max(free, 0), EraseSize: c.a.g.EraseSize}
	}
	return nil
}

func (c *Chain) loadByHash(hash Hash) (*Payload, error) {
	for _, e := range c.entries {
		if e.Hash == hash {
			return c.load(e)
		}
	}
	return nil, fmt.Errorf("%w: the entry %s", ErrNoState, hash)
}

// Compact makes the chain what p says. The new chain goes to the back buffer as
// a whole, is read back, and counts from its one commit record on; then it is
// written to its home. An error that wraps ErrNoState means that p was made for
// another state of the chain.
func (c *Chain) Compact(p *Compaction, now time.Time) error {
	return c.retry(func() error {
		if err := c.ready(); err != nil {
			return err
		}
		if err := c.settle(); err != nil {
			return err
		}
		if err := c.notOnTrial(); err != nil {
			return err
		}
		switch c.ID() {
		case p.from:
		case p.id():
			return nil
		default:
			return fmt.Errorf("%w: the chain has changed since this compaction of it was planned", ErrNoState)
		}
		if err := c.fits(p); err != nil {
			return err
		}
		r := record{kind: kindCommit, time: now.Unix()}
		if p.entries[len(p.entries)-1].h.Type == TypeSnapshot {
			r.flags = flagSnapshot
		}
		if p.blocks >= c.end && p.blocks < c.a.blocks()-p.blocks {
			if err := c.clearBehind(p.blocks); err != nil {
				return err
			}
		}
		if err := c.writeBack(p.entries, r); err != nil {
			return err
		}
		if err := c.expect(p.id()); err != nil {
			return err
		}
		return c.settle()
	})
}
