package sim

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// pageSize is how much content is copied, in bytes, when a fork changes a byte.
const pageSize = 2048

type page [pageSize]byte

// block is the content of an erase block that is not blank. Of a block whose
// owner is not the device's, nothing may be changed.
type block struct {
	owner *token
	pages []*page  // nil: blank
	owned []uint64 // a bit per page: not shared
	scars []scar
}

// token says who may change a block. It has a size, so that no two are the same.
type token struct{ _ byte }

// stock is content that needs no memory of its own.
type stock struct {
	blank, zero page
	noise       [16]page
}

func newStock() *stock {
	s := &stock{}
	for i := range s.blank {
		s.blank[i] = 0xFF
	}
	r := rand.NewPCG(1, 2)
	for i := range s.noise {
		scatter(r, s.noise[i][:])
	}
	return s
}

// scatter fills p with random bytes.
func scatter(r *rand.PCG, p []byte) {
	var word [8]byte
	for len(p) > 0 {
		binary.LittleEndian.PutUint64(word[:], r.Uint64())
		p = p[copy(p, word[:]):]
	}
}

// change returns the content of a block for changing it.
func (d *Device) change(n int) *block {
	if d.own == nil {
		d.own = new(token)
	}
	s := &d.slots[n]
	if s.data != nil && s.data.owner == d.own {
		return s.data
	}
	pages := (d.g.EraseSize + pageSize - 1) / pageSize
	b := &block{owner: d.own, pages: make([]*page, pages), owned: make([]uint64, (pages+63)/64)}
	if s.data != nil {
		copy(b.pages, s.data.pages)
		b.scars = slices.Clip(s.data.scars)
	}
	s.data = b
	return b
}

// page returns a page for changing it.
func (d *Device) page(b *block, i int) *page {
	word, bit := &b.owned[i/64], uint64(1)<<(i%64)
	if *word&bit != 0 {
		return b.pages[i]
	}
	p := new(page)
	if b.pages[i] == nil {
		*p = d.stock.blank
	} else {
		*p = *b.pages[i]
	}
	b.pages[i] = p
	*word |= bit
	return p
}

// load reads the content of a block, without what is unstable in it.
func (d *Device) load(b *block, in int, p []byte) {
	for len(p) > 0 {
		from := &d.stock.blank
		if b != nil && b.pages[in/pageSize] != nil {
			from = b.pages[in/pageSize]
		}
		n := copy(p, from[in%pageSize:])
		p, in = p[n:], in+n
	}
}

// clear clears the bits that are 0 in p.
func (d *Device) clear(n, in int, p []byte) {
	b := d.change(n)
	for len(p) > 0 {
		i, at := in/pageSize, in%pageSize
		size := min(len(p), pageSize-at)
		switch fresh := b.pages[i] == nil; {
		case fresh && bytes.Equal(p[:size], d.stock.blank[:size]):
		case fresh:
			copy(d.page(b, i)[at:], p[:size])
		default:
			to := d.page(b, i)[at : at+size]
			for j := range to {
				to[j] &= p[j]
			}
		}
		p, in = p[size:], in+size
	}
}

// put writes p over what is there, as no flash does.
func (d *Device) put(n, in int, p []byte) {
	b := d.change(n)
	for len(p) > 0 {
		i, at := in/pageSize, in%pageSize
		size := min(len(p), pageSize-at)
		if b.pages[i] != nil || !bytes.Equal(p[:size], d.stock.blank[:size]) {
			copy(d.page(b, i)[at:], p[:size])
		}
		p, in = p[size:], in+size
	}
}

// fill makes a part of a block look like the pages that with returns for its
// pages; nil is blank.
func (d *Device) fill(n, from, to int, with func(i int) *page) {
	b := d.change(n)
	b.scars = slices.DeleteFunc(slices.Clone(b.scars), func(c scar) bool { return from <= c.from && c.to <= to })
	for in := from; in < to; {
		i, at := in/pageSize, in%pageSize
		size := min(to-in, pageSize-at)
		p := with(i)
		switch {
		case at == 0 && (size == pageSize || to == d.g.EraseSize):
			b.pages[i] = p
			b.owned[i/64] &^= 1 << (i % 64)
		case p == nil:
			copy(d.page(b, i)[at:at+size], d.stock.blank[:])
		default:
			copy(d.page(b, i)[at:at+size], p[at:])
		}
		in += size
	}
}

func blank(int) *page { return nil }

func (s *stock) zeros(int) *page { return &s.zero }

// rubble returns random pages for fill.
func (s *stock) rubble(seed uint64) func(i int) *page {
	return func(i int) *page {
		return &s.noise[(seed+uint64(i)*(seed>>8|1))%uint64(len(s.noise))]
	}
}
