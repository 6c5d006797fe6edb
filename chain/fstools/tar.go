package fstools

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"chainroot/chain"
	"chainroot/chain/delta"
)

// maxTar is the largest tar that is unpacked, in bytes. fstools unpacked it in
// the RAM of a unit, which had less.
const maxTar = delta.MaxRepack

// whiteoutLink is the target of the symbolic links by which overlayfs said in
// OpenWrt's kernels before Linux 3.18 that a file was deleted. There they had the
// extended attribute trusted.overlay.whiteout, too, which is not in the tars:
// fstools goes by the target, and removes the file behind such a link.
const whiteoutLink = "(overlay-whiteout)"

// load reads the gzip'd tar of an entry and checks its MD5.
func (c *Chain) load(e *Entry) ([]byte, error) {
	b := make([]byte, e.Size)
	if _, err := c.dev.ReadAt(b, e.Offset+headerSize); err != nil {
		return nil, err
	}
	if s := md5sum(b); s != e.sum && s != e.sum.swapped() {
		return nil, fmt.Errorf("%w: it does not have the MD5 in its header", chain.ErrDamaged)
	}
	return b, nil
}

// Tar returns the tar of an entry as fstools wrote it, unpacked. Its MD5 was
// checked before; what does not unpack shows while it is read, by
// an error that wraps chain.ErrDamaged.
func (c *Chain) Tar(e *Entry) (io.Reader, error) {
	b, err := c.load(e)
	if err != nil {
		return nil, e.at("read", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, e.at("unpack", fmt.Errorf("%w: %w", chain.ErrDamaged, err))
	}
	return &tarReader{e: e, z: z, left: maxTar}, nil
}

// tarReader unpacks the tar of an entry.
type tarReader struct {
	e    *Entry
	z    *gzip.Reader
	left int64
}

func (t *tarReader) Read(p []byte) (int, error) {
	n, err := t.z.Read(p)
	if t.left -= int64(n); t.left < 0 {
		err = fmt.Errorf("it unpacks to more than %d bytes", maxTar)
		n = 0
	}
	if err != nil && err != io.EOF {
		err = t.e.at("unpack", fmt.Errorf("%w: %w", chain.ErrDamaged, err))
	}
	return n, err
}

// Payload returns the tar of an entry as a payload of ours: the one that Pack
// would write of the upper directory that fstools made the entry of. Deletions
// are whiteouts in it, in whatever way that unit's kernel kept them.
func (c *Chain) Payload(e *Entry) (*chain.Payload, error) {
	t, err := c.Tar(e)
	if err != nil {
		return nil, err
	}
	w := chain.NewPayloadWriter()
	if _, err := delta.Repack(w, t, whiteoutLink); err != nil {
		return nil, e.at("convert", err)
	}
	return w.Finish()
}
