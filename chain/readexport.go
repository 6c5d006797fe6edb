package chain

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"chainroot/sha256"
)

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
