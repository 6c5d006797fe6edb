package flash

import (
	"errors"
	"fmt"
	"io"

	"chainroot/rawfile"
)

// node is what all devices behind a node of the file system have in common.
type node struct {
	f        *rawfile.File
	g        Geometry
	base     int64 // of block 0 in f, in bytes
	readOnly bool
}

func (d *node) Geometry() Geometry { return d.g }

// ReadAt goes on after short reads and signals, as Program does after short
// writes.
func (d *node) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.f.ReadAt(p, d.base+off)
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
	_, err := d.f.WriteAt(p, d.base+off)
	return err
}

// mayErase returns nil if the block is there and may be written to.
func (d *node) mayErase(block int) error {
	if d.readOnly {
		return ErrReadOnly
	}
	return checkBlock(d.g, block)
}

// IsBad reports false: only of NAND chips a block can be known to be bad.
func (d *node) IsBad(block int) (bool, error) { return false, checkBlock(d.g, block) }

func (d *node) MarkBad(block int) error {
	return fmt.Errorf("cannot mark erase block %d bad, the device knows no bad blocks: %w", block, errors.ErrUnsupported)
}

// offset returns where a block begins in f.
func (d *node) offset(block int) int64 { return d.base + int64(block)*int64(d.g.EraseSize) }

func (d *node) Close() error { return d.f.Close() }
