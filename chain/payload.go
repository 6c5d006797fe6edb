package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"chainroot/sha256"
)

// Payload is a tar as an entry stores it.
type Payload struct {
	table    []byte // SHA-256 of each chunkSize bytes of frame
	frame    []byte // lz4 frame
	unpacked int64  // bytes of the tar
}

// Stored returns the size of the payload in bytes, compressed.
func (p *Payload) Stored() int64 { return int64(len(p.frame)) }

// Unpacked returns the size of the tar in bytes.
func (p *Payload) Unpacked() int64 { return p.unpacked }

// hash is what the header says of the payload: the table vouches for the rest.
func (p *Payload) hash() Hash { return sha256.Sum256(p.table) }

// Verify reads the payload of an entry and returns an error that wraps
// ErrDamaged when it is not what was written, or cannot be read.
func (c *Chain) Verify(e *Entry) error {
	if c.verified[e.Block] {
		return nil
	}
	r, err := c.chunks(e)
	if err == nil {
		_, err = r.WriteTo(io.Discard)
	}
	switch {
	case err == nil:
		c.verified[e.Block] = true
	case unreadable(err):
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Check verifies every entry and rejects what is damaged, so that what is left
// is what a boot shows. It returns errors of the device only.
func (c *Chain) Check() error {
	for i := 0; i < len(c.entries); {
		e := c.entries[i]
		err := c.Verify(e)
		switch {
		case err == nil:
			i++
		case errors.Is(err, ErrDamaged):
			c.Reject(e, err)
		default:
			return fmt.Errorf("cannot read %s: %w", e.Name(), err)
		}
	}
	return nil
}

// load reads the payload of an entry into memory, checked.
func (c *Chain) load(e *Entry) (*Payload, error) {
	r, err := c.chunks(e)
	if err != nil {
		return nil, err
	}
	p := &Payload{table: bytes.Clone(r.table), unpacked: e.Unpacked}
	p.frame = make([]byte, 0, e.Stored)
	for r.left > 0 && err == nil {
		p.frame, err = r.next(p.frame)
	}
	return p, err
}
