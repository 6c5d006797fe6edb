package flash

import "os"

// node is what all devices behind a node of the file system have in common.
type node struct {
	f        *os.File
	g        Geometry
	readOnly bool
}

func (d *node) Geometry() Geometry { return d.g }

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
