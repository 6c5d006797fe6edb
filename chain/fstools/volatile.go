package fstools

import (
	"errors"
	"fmt"

	"chainroot/chain"
)

// addVolatile appends the volatile entry behind the entries that are there: the
// one at the end of the row, or its copy, if they belong to the last of them. The
// error says why neither counts, though one should.
func (c *Chain) addVolatile(r *row) error {
	candidates := []*header{r.next}
	if r.last != r.next {
		candidates = append(candidates, r.last)
	}
	var why error
	for _, h := range candidates {
		if h == nil || h.typ != chain.TypeVolatile {
			continue
		}
		e := newEntry(h, len(c.entries)+1, c.dev.Geometry())
		e.Copy = h != r.next
		err := c.checkVolatile(e, h)
		switch {
		case err == nil:
			c.entries = append(c.entries, e)
			return nil
		case errors.Is(err, errStale):
		case why == nil:
			why = e.at("read", err)
		default:
			why = fmt.Errorf("%w; %w", why, e.at("read", err))
		}
	}
	return why
}

// checkVolatile returns an error when a volatile entry does not count.
func (c *Chain) checkVolatile(e *Entry, h *header) error {
	if err := c.belongs(e); err != nil {
		return err
	}
	if err := h.fits(c.dev.Geometry().Size); err != nil {
		return err
	}
	_, err := c.load(e)
	return err
}

// errStale says that the copy of a volatile entry outlived it.
var errStale = errors.New("it is older than the last snapshot")

// belongs returns an error when a volatile entry does not belong to the last
// snapshot. A push takes the place of the volatile entry, so only its copy can be
// left of before: errStale. Any other number means that something is missing.
func (c *Chain) belongs(e *Entry) error {
	if len(c.entries) == 0 {
		return nil
	}
	last := c.entries[len(c.entries)-1].Sequence
	switch {
	case e.Sequence == last:
		return nil
	case e.Copy && e.Sequence < last:
		return errStale
	}
	return fmt.Errorf("%w: it belongs to the snapshot with sequence number %d, the last one there is has %d", chain.ErrDamaged, e.Sequence, last)
}
