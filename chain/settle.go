package chain

import (
	"fmt"
	"time"
)

// settle makes the flash ready for a change: it verifies what is there, and
// where a cut has left an entry in the back buffer only, it writes it to its
// home. On a chain in order it writes nothing.
func (c *Chain) settle() error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.blocked != nil {
		return c.blocked
	}
	for _, e := range c.entries {
		if e.Block == e.Home {
			continue
		}
		if e.Home+e.Blocks > e.Block {
			return fmt.Errorf("cannot write %s from the back buffer to its home: they overlap", e.Name())
		}
		p, err := c.load(e)
		if err != nil {
			return err
		}
		if err := c.put(e.Home, e.Home, &e.Header, p, time.Unix(e.last.time, 0)); err != nil {
			return err
		}
		if err := c.expect(c.ID()); err != nil {
			return err
		}
		return c.settle()
	}
	return nil
}
