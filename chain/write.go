package chain

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"time"
)

// WriteVolatile writes p as the volatile entry, in place of the one there is.
// It returns ErrNothing when that one holds p already, and a *NoRoomError
// before anything is touched when p does not fit.
//
// On free flash the entry is written where it belongs. Where a committed entry
// stands, a copy goes to the back buffer first; from its commit record on the
// copy is the state, and home can be erased and written.
func (c *Chain) WriteVolatile(p *Payload, label string, now time.Time) error {
	if err := checkLabel(label); err != nil {
		return err
	}
	return c.retry(func() error {
		if err := c.ready(); err != nil {
			return err
		}
		if err := c.notOnTrial(); err != nil {
			return err
		}
		return c.write(p, label, record{kind: kindCommit, time: now.Unix()}, now)
	})
}

// write writes p behind the last snapshot, in place of the volatile entry if there is
// one; the commit record says what it is.
func (c *Chain) write(p *Payload, label string, commit record, now time.Time) error {
	if err := c.settle(); err != nil {
		return err
	}
	v := c.Volatile()
	prev, home, held := c.ID(), c.end, 0
	if v != nil {
		if v.holds(p) && (label == "" || v.Label == label) {
			return ErrNothing
		}
		prev, home, held = v.Prev, v.Home, v.Blocks
	}
	l := plan(c.a.g, p.Stored())
	twice := v != nil || c.standing != nil || c.unsure
	err := c.room(home, held, l.blocks, twice)
	if err != nil && v == nil && !c.unsure && c.standing != nil && c.standing.void() {
		twice = false // it never counted
		err = c.room(home, held, l.blocks, twice)
	}
	if err != nil {
		return err
	}
	h := c.newHeader(TypeVolatile, p)
	h.Number, h.Prev, h.Label = len(c.Snapshots())+1, prev, label
	h.Serial, h.Created = c.serial+1, now.Unix()
	if twice {
		err := c.writeBack([]laid{{h, func() (*Payload, error) { return p, nil }}}, commit)
		if err != nil {
			return err
		}
		if err := c.expect(h.hash()); err != nil {
			return err
		}
		return c.settle()
	}
	if err := c.writeHome(h, p, home, commit); err != nil {
		return err
	}
	return c.expect(h.hash())
}

// newHeader returns a header for a payload on this flash.
func (c *Chain) newHeader(t Type, p *Payload) *Header {
	return &Header{
		Type:      t,
		EraseSize: c.a.g.EraseSize,
		WriteSize: c.a.g.WriteSize,
		Slots:     plan(c.a.g, p.Stored()).nSlots,
		Stored:    p.Stored(),
		Unpacked:  p.unpacked,
		Table:     p.hash(),
	}
}

// holds reports whether p is what the entry stores.
func (e *Entry) holds(p *Payload) bool {
	return e.Table == p.hash() && e.Stored == p.Stored() && e.Unpacked == p.unpacked
}

func checkLabel(label string) error {
	if len(label) > MaxLabel {
		return fmt.Errorf("the label has %d bytes, it can have %d", len(label), MaxLabel)
	}
	return nil
}

// room returns a *NoRoomError when blocks do not fit at home, where held blocks
// are in use now, or not together with their copy.
func (c *Chain) room(home, held, blocks int, twice bool) error {
	free := c.a.blocks() - home - held
	if need := demand(blocks, held, twice); need > free {
		return &NoRoomError{Need: need, Free: free, EraseSize: c.a.g.EraseSize, Twice: twice}
	}
	return nil
}

// laid is an entry to be written.
type laid struct {
	h *Header
	p func() (*Payload, error)
}

// writeBack writes entries that follow one another to the back buffer, and
// commits them by one record, that of the last.
func (c *Chain) writeBack(entries []laid, commit record) error {
	block := c.a.blocks() - blocksOf(entries)
	if err := c.disarm(block); err != nil {
		return err
	}
	return c.writeCopy(block, entries, commit)
}

// blocksOf returns how many erase blocks entries take.
func blocksOf(entries []laid) (n int) {
	for _, l := range entries {
		n += l.h.layout().blocks
	}
	return n
}

// writeCopy writes entries that follow one another from a block on, and commits
// them by one record: at the end of the flash in its last slots, elsewhere in
// those of the last entry.
func (c *Chain) writeCopy(block int, entries []laid, commit record) error {
	var last *Entry
	for _, l := range entries {
		p, err := l.p()
		if err != nil {
			return err
		}
		if last, err = c.lay(block, l.h, p); err != nil {
			return err
		}
		block += last.Blocks
	}
	if block == c.a.blocks() {
		last.slots, last.layout.nSlots = c.copySlots().slots, copySlots
		c.blank[last.slots] = true
	}
	commit.blocks = uint32(blocksOf(entries))
	return c.record(last, commit)
}

// writeHome writes an entry where it belongs.
func (c *Chain) writeHome(h *Header, p *Payload, home int, commit record) error {
	e, err := c.lay(home, h, p)
	if err != nil {
		return err
	}
	return c.record(e, commit)
}

// disarm makes sure that an erase in the back buffer, from the block on, cannot
// bring an entry back that was retired: it could, if it took the record that
// retired the entry, was cut short, and left the commit record. An entry whose
// header is gone cannot come back. Nor may a copy of it that was ended, which
// the entry rules as long as it is there: its records go first.
func (c *Chain) disarm(block int) error {
	if s := c.standing; s != nil && s.slotOffset(s.used) > c.a.offset(block) {
		if c.back == nil && c.a.offset(s.Block+s.Blocks) <= c.copySlots().slots {
			if err := c.eraseCopySlots(); err != nil {
				return err
			}
		}
		if err := c.erase(s.Block); err != nil {
			return err
		}
		c.standing = nil
	}
	if b := c.back; b != nil && b.last().retired() {
		if err := c.erase(b.last().Block); err != nil {
			return err
		}
	}
	return c.a.sync()
}

// lay writes header and payload at a block: what was there is erased, and what
// is written is read back. Only a commit record makes it an entry.
func (c *Chain) lay(block int, h *Header, p *Payload) (*Entry, error) {
	l := h.layout()
	for i := range l.blocks {
		if err := c.erase(block + i); err != nil {
			return nil, err
		}
		delete(c.verified, block+i)
	}
	// Where a payload stands, its slots are blank: Repair relies on that.
	if err := c.a.sync(); err != nil {
		return nil, err
	}
	start, end := c.a.offset(block), roundUp(l.frame+h.Stored, int64(c.a.g.WriteSize))
	err := eachBlock(c.a, start, h.stream(p, end), end, func(b []byte, off int64) error {
		return c.failed(off, c.a.program(b, off))
	})
	if err != nil {
		return nil, err
	}
	if err := c.a.sync(); err != nil {
		return nil, err
	}
	got := make([]byte, min(end, int64(c.a.g.EraseSize)))
	err = eachBlock(c.a, start, h.stream(p, end), end, func(b []byte, off int64) error {
		return c.failed(off, c.readsBack(b, got[:len(b)], off))
	})
	if err != nil {
		return nil, err
	}
	c.verified[block], c.blank[start+l.slots] = true, true
	return &Entry{Header: *h, Hash: h.hash(), Label: h.Label, Block: block, Home: block, Blocks: l.blocks, layout: l, slots: start + l.slots}, nil
}

// readsBack returns an error that wraps ErrReadBack when b does not stand at
// off. got is room for as many bytes.
func (c *Chain) readsBack(b, got []byte, off int64) error {
	for range rereads {
		if _, err := c.a.ReadAt(got, off); err != nil {
			return err
		}
		if bytes.Equal(got, b) {
			return nil
		}
	}
	return fmt.Errorf("%w: erase block %d", ErrReadBack, c.a.device(int(off/int64(c.a.g.EraseSize))))
}

// stream returns the first end bytes of an entry: header, chunk table, payload
// and what fills the last write unit.
func (h *Header) stream(p *Payload, end int64) io.Reader {
	fill := bytes.Repeat([]byte{0xFF}, int(end-h.layout().frame-h.Stored))
	return io.MultiReader(bytes.NewReader(h.encode()), bytes.NewReader(p.table), bytes.NewReader(p.frame), bytes.NewReader(fill))
}

// eachBlock calls f with the n bytes of r that stand at start, an erase block
// at a time.
func eachBlock(a *area, start int64, r io.Reader, n int64, f func(b []byte, off int64) error) error {
	buf := make([]byte, min(n, int64(a.g.EraseSize)))
	for off := start; off < start+n; {
		b := buf[:min(int64(len(buf)), start+n-off)]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if err := f(b, off); err != nil {
			return err
		}
		off += int64(len(b))
	}
	return nil
}

// record appends r to the records of e, twice, each read back before anything
// else is done; it fills in serial and entry. A slot that does not take it is
// left behind for the next one, once.
func (c *Chain) record(e *Entry, r record) error {
	if e.layout.slot%int64(c.a.g.WriteSize) != 0 {
		return fmt.Errorf("%w: the records of %s take %d bytes, a write unit is %d", ErrGeometry, e.Name(), e.layout.slot, c.a.g.WriteSize)
	}
	if c.serial == math.MaxUint32 {
		return fmt.Errorf("%w: the records of this chain are numbered up to %d", ErrNoSlot, c.serial)
	}
	c.serial++
	r.serial, r.entry = c.serial, [16]byte(e.Hash[:])
	if r.label == "" && e.Label != e.Header.Label {
		r.label = e.Label
	}
	b := bytes.Repeat([]byte{0xFF}, int(e.layout.slot))
	spare := 1 // slots that may fail
	e.used = c.slot(e)
	for _, r.second = range []bool{false, true} {
		copy(b, r.encode())
		for {
			if e.used >= e.layout.nSlots {
				return fmt.Errorf("%w: %s has used its %d", ErrNoSlot, e.Name(), e.layout.nSlots)
			}
			off := e.slotOffset(e.used)
			err := c.append(b, off)
			if err == nil && !c.blank[off] {
				err = c.steady(b, off)
			}
			e.used++
			delete(c.blank, off)
			c.blank[off+e.layout.slot] = true
			if err == nil {
				break
			}
			if spare == 0 || !flashFailed(err) {
				if r.second {
					return nil // it counts already, and Repair writes it again
				}
				return fmt.Errorf("cannot write a record at offset %d: %w", off, err)
			}
			spare--
		}
	}
	return nil
}

func (c *Chain) append(b []byte, off int64) error {
	if err := c.a.program(b, off); err != nil {
		return err
	}
	if err := c.a.sync(); err != nil {
		return err
	}
	return c.readsBack(b, make([]byte, len(b)), off)
}

// steadyReads is how often a record is read that stands in a slot which looked
// blank before. A power cut may have hit that slot all the same; then what is
// written to it reads differently each time.
const steadyReads = 64

// steady reads b at off again and again. One reading may be wrong by chance; more
// are an error that wraps ErrReadBack.
func (c *Chain) steady(b []byte, off int64) error {
	got, wrong := make([]byte, len(b)), 0
	for range steadyReads {
		if _, err := c.a.ReadAt(got, off); err != nil {
			return err
		}
		if !bytes.Equal(got, b) {
			wrong++
		}
	}
	if wrong > 1 {
		return fmt.Errorf("%w: erase block %d, %d of %d readings", ErrReadBack, c.a.device(int(off/int64(c.a.g.EraseSize))), wrong, steadyReads)
	}
	return nil
}

// expect walks again and returns an error when the chain does not show the
// state that was just written.
func (c *Chain) expect(id Hash) error {
	c.reopen()
	if err := c.Check(); err != nil {
		return err
	}
	if c.blocked != nil {
		return c.blocked
	}
	if c.ID() == id {
		return nil
	}
	err := fmt.Errorf("%w: it shows the state %s, not %s", ErrReadBack, c.ID(), id)
	if n := len(c.damage); n > 0 {
		err = fmt.Errorf("%w; %s: %w", err, c.damage[n-1].What, c.damage[n-1].Err)
	}
	return err
}
