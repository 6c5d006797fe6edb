package chain

import "math"

// RoomFor returns how many erase blocks it takes to write an entry with a payload of
// stored bytes, as it stands on flash, and how many are free for that. It is what
// WriteVolatile needs, in place of the volatile entry if there is one, or, with
// beside, what Try needs behind that. Nothing is written.
func (c *Chain) RoomFor(stored int64, beside bool) (need, free int) {
	most := int64(math.MaxInt32/4) * int64(c.a.g.EraseSize) // so that an int holds all counts
	blocks := plan(c.a.g, min(stored, most)).blocks
	v := c.Volatile()
	switch {
	case v != nil && beside:
		return blocks, c.a.blocks() - c.end
	case v != nil:
		return demand(blocks, v.Blocks, true), c.a.blocks() - v.Home - v.Blocks
	}
	return demand(blocks, 0, c.standing != nil && !c.standing.void() || c.unsure), c.a.blocks() - c.end
}

// demand returns how many blocks an entry takes of what is free, where it takes the
// place of held ones; twice: its copy too.
func demand(blocks, held int, twice bool) int {
	need := max(blocks-held, 0)
	if twice {
		need += blocks
	}
	return need
}
