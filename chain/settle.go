package chain

import "fmt"

// settle makes the flash ready for a change: it verifies what is there, and
// where an entry stands in the back buffer only, because of a cut or because
// its home is damaged, it writes it to its home. On a chain in order it writes
// nothing.
func (c *Chain) settle() error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.blocked != nil {
		return c.blocked
	}
	for _, e := range c.entries {
		if e.Block != e.Home {
			return c.bringHome(e)
		}
	}
	return nil
}

// bringHome writes an entry that stands in the back buffer to its home. Home is
// what says that it is a snapshot, so before home goes, the copy says it.
func (c *Chain) bringHome(e *Entry) error {
	if e.Home+e.Blocks > e.Block {
		return fmt.Errorf("cannot write %s from the back buffer to its home: they overlap", e.Name())
	}
	p, err := c.load(e)
	if err != nil {
		return err
	}
	id, was := c.ID(), record{flags: e.last.flags, time: e.last.time, label: e.Label}
	if e.last.flags != 0 && e.SlotsFree() > 0 {
		promoted := was
		promoted.kind = KindPromote
		if err := c.record(e, promoted); err != nil {
			return err
		}
	}
	if err := c.put(e.Home, e.Home, &e.Header, p, was); err != nil {
		return err
	}
	if err := c.expect(id); err != nil {
		return err
	}
	return c.settle()
}
