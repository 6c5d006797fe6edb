package flash

import "fmt"

// Shadow is a Device that shows what would become of another one: what is erased
// and programmed goes to RAM, and the device below is only read. It takes as much
// memory as is programmed. Sync does nothing, and Close closes the device below.
type Shadow struct {
	Device
	blocks map[int][]byte // that were changed; nil: erased
	bad    map[int]bool   // that were marked
	Work   Work
}

// Work is what was done to a flash.
type Work struct {
	Erases     int   // erase blocks
	Programmed int64 // bytes
}

// NewShadow returns a shadow of a device, which may be open for reading only.
func NewShadow(d Device) *Shadow {
	return &Shadow{Device: d, blocks: map[int][]byte{}, bad: map[int]bool{}}
}

// ReadAt reads what would be there.
func (s *Shadow) ReadAt(p []byte, off int64) (int, error) {
	e := int64(s.Geometry().EraseSize)
	for done := 0; done < len(p); {
		at := off + int64(done)
		block, in := int(at/e), at%e
		part := p[done:min(len(p), done+int(e-in))]
		if b, ok := s.blocks[block]; !ok {
			if _, err := s.Device.ReadAt(part, at); err != nil {
				return done, err
			}
		} else if b == nil {
			for i := range part {
				part[i] = 0xFF
			}
		} else {
			copy(part, b[in:])
		}
		done += len(part)
	}
	return len(p), nil
}

// Program changes the shadow.
func (s *Shadow) Program(p []byte, off int64) error {
	g := s.Geometry()
	block, in := int(off/int64(g.EraseSize)), int(off%int64(g.EraseSize))
	if off < 0 || off+int64(len(p)) > g.Size || in+len(p) > g.EraseSize {
		return fmt.Errorf("cannot program %d bytes at offset %d: not inside of an erase block", len(p), off)
	}
	b, changed := s.blocks[block]
	if b == nil {
		b = make([]byte, g.EraseSize)
		if changed {
			for i := range b {
				b[i] = 0xFF
			}
		} else if _, err := s.Device.ReadAt(b, off-int64(in)); err != nil {
			return err
		}
		s.blocks[block] = b
	}
	copy(b[in:], p)
	s.Work.Programmed += int64(len(p))
	return nil
}

// Erase changes the shadow.
func (s *Shadow) Erase(block int) error {
	if block < 0 || block >= s.Geometry().Blocks() {
		return fmt.Errorf("there is no erase block %d", block)
	}
	s.blocks[block] = nil
	s.Work.Erases++
	return nil
}

// IsBad reports whether a block is bad, or was marked.
func (s *Shadow) IsBad(block int) (bool, error) {
	if s.bad[block] {
		return true, nil
	}
	return s.Device.IsBad(block)
}

// MarkBad marks a block of the shadow.
func (s *Shadow) MarkBad(block int) error {
	s.bad[block] = true
	return nil
}

// Sync does nothing.
func (s *Shadow) Sync() error { return nil }
