package chain

import "slices"

// lineage names the state that an entry with the header h makes of the state named
// prev, whatever flash it is on: the hash of the header without what depends on
// that.
func (h *Header) lineage(prev Hash) Hash {
	p := *h
	p.EraseSize, p.WriteSize, p.Slots, p.Prev = 0, 0, 0, prev
	return p.hash()
}

// Lineage names the state after n entries, on any flash that it is on: units
// with the same geometry have the same ID then.
func (c *Chain) Lineage(n int) Hash {
	var l Hash
	for _, e := range c.entries[:n] {
		l = e.Header.lineage(l)
	}
	return l
}

// lineages returns the names of the states of the chain, from the bare firmware on.
func (c *Chain) lineages() []Hash {
	list := []Hash{{}}
	for _, e := range c.entries {
		list = append(list, e.Header.lineage(list[len(list)-1]))
	}
	return list
}

// known returns behind how many entries of the chain the export goes on, and how
// many of its entries stand there already; ok is false when its base is no state of
// the chain.
func (c *Chain) known(x *Export) (at, there int, ok bool) {
	states := c.lineages()
	at = slices.Index(states, x.Base)
	if at < 0 || x.Any {
		return 0, 0, false
	}
	l := x.Base
	for ; there < len(x.Entries) && at+there < len(c.entries); there++ {
		if l = x.Entries[there].Header.lineage(l); l != states[at+there+1] {
			break
		}
	}
	return at + there, there, true
}
