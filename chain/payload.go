package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"

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

// frameBlock is the largest block of the frames that are written: the reader
// needs twice as much memory.
const frameBlock = lz4.Block1Mb

// PayloadWriter makes a Payload of the tar written to it. The same tar gives
// the same payload on any machine.
type PayloadWriter struct {
	buf bytes.Buffer
	z   *lz4.Writer
	n   int64
}

// NewPayloadWriter returns a writer for one tar.
func NewPayloadWriter() *PayloadWriter {
	w := &PayloadWriter{}
	w.z = lz4.NewWriter(&w.buf)
	err := w.z.Apply(
		lz4.BlockSizeOption(frameBlock),
		lz4.CompressionLevelOption(lz4.Level9),
		lz4.ChecksumOption(false),
		lz4.ConcurrencyOption(-1),
	)
	if err != nil {
		panic("chain: lz4 refuses its own options: " + err.Error())
	}
	return w
}

func (w *PayloadWriter) Write(p []byte) (int, error) {
	n, err := w.z.Write(p)
	w.n += int64(n)
	return n, err
}

// Finish returns the payload. The writer must not be used after it.
func (w *PayloadWriter) Finish() (*Payload, error) {
	if err := w.z.Close(); err != nil {
		return nil, fmt.Errorf("cannot compress the tar: %w", err)
	}
	p := &Payload{frame: w.buf.Bytes(), unpacked: w.n}
	if p.Stored() > maxStored {
		return nil, fmt.Errorf("cannot store %d bytes: an entry takes %d", p.Stored(), int64(maxStored))
	}
	p.table = chunkTable(p.frame)
	return p, nil
}

// chunkTable returns the hashes of the chunks of a frame, one behind the other.
func chunkTable(frame []byte) (table []byte) {
	for len(frame) > 0 {
		n := min(len(frame), chunkSize)
		sum := sha256.Sum256(frame[:n])
		table = append(table, sum[:]...)
		frame = frame[n:]
	}
	return table
}

// chunkReader reads the payload of an entry and gives out no byte that its
// hash does not vouch for: the header vouches for the table, the table for
// each chunk.
type chunkReader struct {
	a     *area
	table []byte // hashes of the chunks that are still to come
	off   int64  // of the next chunk
	left  int64  // bytes of the payload from there on
	buf   []byte
	ready []byte // checked, not yet given out
	err   error  // what Read failed with
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

func (c *Chain) chunks(e *Entry) (*chunkReader, error) {
	start := c.a.offset(e.Block)
	r := &chunkReader{
		a:     c.a,
		table: make([]byte, e.layout.frame-e.layout.table),
		off:   start + e.layout.frame,
		left:  e.Stored,
	}
	if good, err := c.a.readHashed(r.table, start+e.layout.table, e.Table); err != nil {
		return nil, err
	} else if !good {
		return nil, fmt.Errorf("%w: its chunk table at offset %d does not have the hash in its header", ErrDamaged, start+e.layout.table)
	}
	r.buf = make([]byte, min(chunkSize, r.left))
	return r, nil
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if len(r.ready) == 0 && r.err == nil {
		r.err = r.next()
	}
	if len(r.ready) == 0 && r.left == 0 && r.err == nil {
		return 0, io.EOF
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, r.err
}

// next reads and checks one chunk, if one is left.
func (r *chunkReader) next() error {
	b := r.buf[:min(chunkSize, r.left)]
	if len(b) == 0 {
		return nil
	}
	if good, err := r.a.readHashed(b, r.off, Hash(r.table)); err != nil {
		return err
	} else if !good {
		return fmt.Errorf("%w: the %d bytes at offset %d do not have their hash", ErrDamaged, len(b), r.off)
	}
	r.table = r.table[sha256.Size:]
	r.off += int64(len(b))
	r.left -= int64(len(b))
	r.ready = b
	return nil
}

// Tar returns the tar of an entry. Its errors wrap ErrDamaged when the payload
// is not what its hashes say or not what the header announces; it gives out at
// most the bytes that the header announces.
func (c *Chain) Tar(e *Entry) (io.ReadCloser, error) {
	r, err := c.chunks(e)
	if err != nil {
		return nil, err
	}
	return newTarReader(r, func() error { return r.err }, e.Unpacked), nil
}

// newTarReader unpacks src, which failed is asked about, to so many bytes.
func newTarReader(src io.Reader, failed func() error, unpacked int64) *tarReader {
	return &tarReader{failed: failed, z: lz4.NewReader(src), left: unpacked}
}

// Tar returns the tar of a payload, as Chain.Tar does.
func (p *Payload) Tar() io.Reader {
	return newTarReader(bytes.NewReader(p.frame), func() error { return nil }, p.unpacked)
}

type tarReader struct {
	failed func() error // what reading the payload failed with
	z      *lz4.Reader
	left   int64
	err    error
}

func (t *tarReader) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	// One byte more than announced is asked for, to see that the frame ends.
	if int64(len(p)) > t.left+1 {
		p = p[:t.left+1]
	}
	n, err := t.z.Read(p)
	damaged := func(n int, why string) (int, error) {
		t.err = fmt.Errorf("%w: %s", ErrDamaged, why)
		return n, t.err
	}
	switch {
	case int64(n) > t.left:
		return damaged(int(t.left), "it unpacks to more bytes than its header announces")
	case err == io.EOF && int64(n) < t.left:
		return damaged(n, "it unpacks to fewer bytes than its header announces")
	case t.failed() != nil:
		err = t.failed()
	case err != nil && err != io.EOF:
		return damaged(n, err.Error())
	}
	t.left -= int64(n)
	t.err = err
	return n, err
}

func (t *tarReader) Close() error { return nil }

// Verify reads the payload of an entry and returns an error that wraps
// ErrDamaged when it is not what was written, or cannot be read.
func (c *Chain) Verify(e *Entry) error {
	if c.verified[e.Block] {
		return nil
	}
	r, err := c.chunks(e)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
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
	p.frame, err = io.ReadAll(r)
	return p, err
}
