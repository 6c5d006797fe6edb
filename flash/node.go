package flash

import (
	"errors"
	"io"
	"os"
)

// node is what all devices behind a node of the file system have in common.
type node struct {
	f        *os.File
	g        Geometry
	readOnly bool
}

func (d *node) Geometry() Geometry { return d.g }

// ReadAt goes on after short reads and signals, as Program does after short
// writes.
func (d *node) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.f.ReadAt(p, off)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (d *node) Program(p []byte, off int64) error {
	if d.readOnly {
		return ErrReadOnly
	}
	if err := checkProgram(d.g, len(p), off); err != nil {
		return err
	}
	_, err := d.f.WriteAt(p, off)
	return err
}

// mayErase returns nil if the block is there and may be written to.
func (d *node) mayErase(block int) error {
	if d.readOnly {
		return ErrReadOnly
	}
	return checkBlock(d.g, block)
}

func (d *node) Close() error { return d.f.Close() }
