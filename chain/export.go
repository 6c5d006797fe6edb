package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"chainroot/flash"
)

// Parcel is an entry on its way from one chain to another.
type Parcel struct {
	Header   Header // as on the flash that it comes from
	Label    string
	Snapshot bool // else it is volatile
	Payload  *Payload
}

// Export is a row of entries, oldest first, on the way from one chain to another.
type Export struct {
	Base    Hash // Lineage of the state on which the first one stands
	Any     bool // on any state
	Entries []Parcel
}

// ErrExport is wrapped when a file is not an export.
var ErrExport = errors.New("not an export of a chain")

// Layout of an export in bytes; integers are big-endian.
const (
	xVersion = 8
	xFlags   = 10
	xCount   = 12
	xBase    = 16
	xEntries = 48 // each a header of HeaderSize, flags, length of the label, label, chunk table, payload

	exportVersion = 1

	exportAny      = 1 << 0 // flag of the export
	parcelSnapshot = 1 << 0 // flag of an entry

	// maxParcels is how many entries an export can have.
	maxParcels = 1 << 20

	// maxForeignSerial bounds the serial number in a header from elsewhere: those
	// of the records here go on from there, and must not run out.
	maxForeignSerial = 1<<31 - 1
)

var exportMagic = [8]byte{'C', 'H', 'A', 'I', 'N', 'E', 'X', '\n'}

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

// exporter writes an export.
type exporter struct {
	w   io.Writer
	sum hash.Hash
}

// newExporter begins an export of so many entries.
func newExporter(w io.Writer, base Hash, flags byte, count int) (*exporter, error) {
	x := &exporter{sum: sha256.New()}
	x.w = io.MultiWriter(w, x.sum)
	b := make([]byte, xEntries)
	copy(b, exportMagic[:])
	binary.BigEndian.PutUint16(b[xVersion:], exportVersion)
	b[xFlags] = flags
	binary.BigEndian.PutUint32(b[xCount:], uint32(count))
	copy(b[xBase:], base[:])
	_, err := x.w.Write(b)
	return x, err
}

func (x *exporter) entry(h *Header, label string, snapshot bool, table []byte, payload io.Reader) error {
	b := append(h.encode(), 0, byte(len(label)))
	if snapshot {
		b[HeaderSize] = parcelSnapshot
	}
	b = append(append(b, label...), table...)
	if _, err := x.w.Write(b); err != nil {
		return err
	}
	_, err := io.Copy(x.w, payload)
	return err
}

func (x *exporter) end(w io.Writer) error {
	_, err := w.Write(x.sum.Sum(nil))
	return err
}

// Export writes entries of the chain, which follow one another, to w. Its errors
// wrap ErrDamaged when an entry is not what its hashes say; what was written is not
// an export then.
func (c *Chain) Export(w io.Writer, entries []*Entry) error {
	x, err := newExporter(w, c.Lineage(entries[0].Number-1), 0, len(entries))
	if err != nil {
		return err
	}
	for _, e := range entries {
		r, err := c.chunks(e)
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", e.Name(), err)
		}
		if err := x.entry(&e.Header, e.Label, !e.IsVolatile(), r.table, r); err != nil {
			return fmt.Errorf("cannot export %s: %w", e.Name(), err)
		}
	}
	return x.end(w)
}

// Encode writes the export to w.
func (x *Export) Encode(w io.Writer) error {
	flags := byte(0)
	if x.Any {
		flags = exportAny
	}
	out, err := newExporter(w, x.Base, flags, len(x.Entries))
	if err != nil {
		return err
	}
	for _, p := range x.Entries {
		if err := out.entry(&p.Header, p.Label, p.Snapshot, p.Payload.table, bytes.NewReader(p.Payload.frame)); err != nil {
			return err
		}
	}
	return out.end(w)
}

// ReadExport reads an export that is to come to this chain, and checks all of its
// hashes. It returns a *NoRoomError when that is more than the flash holds, and
// errors that wrap ErrExport, ErrVersion, or ErrDamaged when a part is missing or
// was changed. Of r nothing is left.
func (c *Chain) ReadExport(r io.Reader) (*Export, error) {
	in := &importer{c: c, r: r, sum: sha256.New()}
	head, err := in.bytes(xEntries)
	be := binary.BigEndian
	switch {
	case err != nil && (len(head) < len(exportMagic) || !bytes.HasPrefix(head, exportMagic[:])) && errors.Is(err, ErrDamaged):
		return nil, ErrExport
	case err != nil:
		return nil, err
	case !bytes.HasPrefix(head, exportMagic[:]):
		return nil, ErrExport
	case be.Uint16(head[xVersion:]) != exportVersion || head[xFlags]&^exportAny != 0 || head[xFlags+1] != 0:
		return nil, fmt.Errorf("%w: an export of version %d, flags %#x; this program knows %d", ErrVersion, be.Uint16(head[xVersion:]), head[xFlags], exportVersion)
	}
	n := be.Uint32(head[xCount:])
	if n < 1 || n > maxParcels {
		return nil, fmt.Errorf("%w: an export of %d entries", ErrDamaged, n)
	}
	x := &Export{Base: Hash(head[xBase:]), Any: head[xFlags]&exportAny != 0}
	for i := range n {
		p, err := in.parcel()
		if err == nil {
			err = x.add(p, i+1 == n)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d of the export: %w", i+1, err)
		}
	}
	want := in.sum.Sum(nil)
	if got, err := in.bytes(sha256.Size); err != nil {
		return nil, err
	} else if !bytes.Equal(got, want) {
		return nil, fmt.Errorf("%w: the export does not have its hash", ErrDamaged)
	}
	var more [1]byte
	if n, _ := io.ReadFull(r, more[:]); n > 0 {
		return nil, fmt.Errorf("%w: more follows the export", ErrDamaged)
	}
	return x, nil
}

// add appends an entry, unless no chain has it in that place.
func (x *Export) add(p Parcel, last bool) error {
	h := &p.Header
	if n := len(x.Entries); n > 0 {
		if before := &x.Entries[n-1].Header; h.Prev != before.hash() || h.Number != before.Number+1 {
			return fmt.Errorf("%w: it does not follow the one before", ErrDamaged)
		}
	}
	switch {
	case h.Serial > maxForeignSerial:
		return fmt.Errorf("%w: serial number %d", ErrDamaged, h.Serial)
	case !p.Snapshot && (!last || h.Type != TypeVolatile):
		return fmt.Errorf("%w: a snapshot that is none", ErrDamaged)
	}
	x.Entries = append(x.Entries, p)
	return nil
}

// importer reads an export.
type importer struct {
	c      *Chain
	r      io.Reader
	sum    hash.Hash
	blocks int // erase blocks that the entries take here
}

// bytes reads n bytes. An error that wraps ErrDamaged means that they are not
// there; those that are, it returns as well.
func (in *importer) bytes(n int64) ([]byte, error) {
	var b bytes.Buffer // grows as far as there is data
	_, err := io.CopyN(&b, in.r, n)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: the export ends in the midst", ErrDamaged)
	} else if err != nil {
		err = fmt.Errorf("cannot read the export: %w", err)
	}
	in.sum.Write(b.Bytes())
	return b.Bytes(), err
}

func (in *importer) parcel() (p Parcel, err error) {
	b, err := in.bytes(HeaderSize + 2)
	if err != nil {
		return p, err
	}
	h, err := decodeHeader(b[:HeaderSize])
	if errors.Is(err, errNoHeader) {
		err = fmt.Errorf("%w: no header", ErrDamaged)
	}
	if err != nil {
		return p, err
	}
	if in.blocks += plan(in.c.a.g, h.Stored).blocks; in.blocks > in.c.a.blocks() {
		return p, &NoRoomError{Need: in.blocks, Free: in.c.a.blocks() - in.c.end, EraseSize: in.c.a.g.EraseSize}
	}
	p = Parcel{Header: *h, Snapshot: b[HeaderSize] == parcelSnapshot, Payload: &Payload{unpacked: h.Unpacked}}
	n := b[HeaderSize+1]
	if b[HeaderSize]&^parcelSnapshot != 0 || n > MaxLabel {
		return p, fmt.Errorf("%w: flags %#x, a label of %d bytes", ErrDamaged, b[HeaderSize], n)
	}
	label, err := in.bytes(int64(n))
	if err != nil {
		return p, err
	}
	p.Label = string(label)
	if p.Payload.table, err = in.bytes(chunks(h.Stored) * sha256.Size); err != nil {
		return p, err
	}
	if p.Payload.hash() != h.Table {
		return p, fmt.Errorf("%w: its chunk table does not have the hash in its header", ErrDamaged)
	}
	if p.Payload.frame, err = in.bytes(h.Stored); err != nil {
		return p, err
	}
	if !bytes.Equal(chunkTable(p.Payload.frame), p.Payload.table) {
		return p, fmt.Errorf("%w: its payload does not have its hashes", ErrDamaged)
	}
	return p, nil
}

// NewExport returns an export of one snapshot that was in no chain yet. It stands
// on the state of c, or with a nil c on any.
func NewExport(c *Chain, p *Payload, label string, created int64) (*Export, error) {
	if err := checkLabel(label); err != nil {
		return nil, err
	}
	of := &Chain{a: &area{g: flash.Geometry{Size: flash.DefaultEraseSize, EraseSize: flash.DefaultEraseSize, WriteSize: flash.DefaultWriteSize}}}
	x := &Export{Any: c == nil}
	number, prev, serial := 1, Hash{}, uint32(1)
	if c != nil {
		if c.Volatile() != nil {
			return nil, fmt.Errorf("%w: on the volatile entry", ErrFollows)
		}
		of, number, prev, serial = c, len(c.entries)+1, c.ID(), c.serial+1
		x.Base = c.Lineage(len(c.entries))
	}
	h := of.newHeader(TypeSnapshot, p)
	h.Number, h.Prev, h.Serial, h.Created, h.Label = number, prev, serial, created, label
	x.Entries = []Parcel{{Header: *h, Label: label, Snapshot: true, Payload: p}}
	return x, nil
}

// Tar returns the tar of a payload, as Chain.Tar does.
func (p *Payload) Tar() io.Reader {
	return newTarReader(bytes.NewReader(p.frame), func() error { return nil }, p.unpacked)
}

// ErrFollows is wrapped when entries from elsewhere do not follow on from a chain.
var ErrFollows = errors.New("it does not follow on")

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
