package chain

import (
	"fmt"
	"io"
	"slices"

	"chainroot/sha256"
)

// chunkTable returns the hashes of the chunks of a frame, one behind the other.
func chunkTable(frame []byte) (table []byte) {
	for chunk := range slices.Chunk(frame, chunkSize) {
		sum := sha256.Sum256(chunk)
		table = append(table, sum[:]...)
	}
	return table
}

// readHashed fills b from off, and reports whether it has its hash. What has not
// is read again: it may be right the next time.
func (a *area) readHashed(b []byte, off int64, want Hash) (bool, error) {
	for range rereads {
		if _, err := a.ReadAt(b, off); err != nil {
			return false, err
		}
		if sha256.Sum256(b) == want {
			return true, nil
		}
	}
	return false, nil
}

// chunkReader reads the payload of an entry and gives out no byte that its
// hash does not vouch for: the header vouches for the table, the table for
// each chunk.
type chunkReader struct {
	a     *area
	table []byte // hashes of the chunks that are still to come
	off   int64  // of the next chunk
	left  int64  // bytes of the payload from there on
}

func (c *Chain) chunks(e *Entry) (*chunkReader, error) {
	start := c.a.offset(e.Block)
	r := &chunkReader{
		a:     c.a,
		table: make([]byte, e.layout.frame-HeaderSize),
		off:   start + e.layout.frame,
		left:  e.Stored,
	}
	if good, err := c.a.readHashed(r.table, start+HeaderSize, e.Table); err != nil {
		return nil, err
	} else if !good {
		return nil, fmt.Errorf("%w: its chunk table at offset %d does not have the hash in its header", ErrDamaged, start+HeaderSize)
	}
	return r, nil
}

// next appends the next chunk, checked, to b; nothing, if none is left.
func (r *chunkReader) next(b []byte) ([]byte, error) {
	n := int(min(chunkSize, r.left))
	if n == 0 {
		return b, nil
	}
	b = slices.Grow(b, n)
	chunk := b[len(b) : len(b)+n]
	if good, err := r.a.readHashed(chunk, r.off, Hash(r.table)); err != nil {
		return b, err
	} else if !good {
		return b, fmt.Errorf("%w: the %d bytes at offset %d do not have their hash", ErrDamaged, n, r.off)
	}
	r.table = r.table[sha256.Size:]
	r.off += int64(n)
	r.left -= int64(n)
	return b[:len(b)+n], nil
}

// WriteTo writes all that is left to w, chunk by chunk.
func (r *chunkReader) WriteTo(w io.Writer) (n int64, err error) {
	var b []byte
	for r.left > 0 && err == nil {
		if b, err = r.next(b[:0]); err == nil {
			var k int
			k, err = w.Write(b)
			n += int64(k)
		}
	}
	return n, err
}
