package chain

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"chainroot/flash"
	"chainroot/sha256"
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

func (x *exporter) entry(h *Header, label string, snapshot bool, table []byte, payload io.WriterTo) error {
	b := append(h.encode(), 0, byte(len(label)))
	if snapshot {
		b[HeaderSize] = parcelSnapshot
	}
	b = append(append(b, label...), table...)
	if _, err := x.w.Write(b); err != nil {
		return err
	}
	_, err := payload.WriteTo(x.w)
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
