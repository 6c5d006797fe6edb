package flash

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"chainroot/rawfile"
)

// Open opens the device at path: an MTD character device or a UBI volume (on
// Linux), a block device, or a file; Node says how to name a part of one of the
// last two. A nil o means the defaults. What is left over at the end of a file or
// block device, less than an erase block, is not used.
func Open(path string, o *Options) (Device, error) {
	if o == nil {
		o = &Options{}
	}
	mode := os.O_RDWR
	if o.ReadOnly {
		mode = os.O_RDONLY
	}
	name, base := Node(path)
	f, err := rawfile.OpenFile(name, mode)
	if err != nil {
		return nil, fmt.Errorf("cannot open flash: %w", explain(err))
	}
	d, err := open(f, base, o)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot open flash %s: %w", path, err)
	}
	return d, nil
}

// HasGeometry reports whether the device at path has a geometry of its own, as
// MTD devices and UBI volumes have; that of a file or block device is what its
// user says.
func HasGeometry(path string) bool {
	name, _ := Node(path)
	t, err := rawfile.Type(name)
	return err == nil && t&fs.ModeCharDevice != 0
}

func open(f *rawfile.File, base int64, o *Options) (Device, error) {
	t, err := f.Type()
	if err != nil {
		return nil, err
	}
	switch {
	case t == fs.ModeDir:
		return nil, syscall.EISDIR
	case t&fs.ModeCharDevice != 0 && base != 0:
		return nil, errors.New("an offset can be given for block devices and files, and not for a character device")
	case t&fs.ModeCharDevice != 0:
		return openChar(f, o)
	case t&^fs.ModeDevice != 0:
		return nil, errors.New("neither an MTD partition, a UBI volume, a block device nor a file")
	case t == fs.ModeDevice && !o.ReadOnly && isReadOnly(f):
		return nil, errors.New("the block device is read-only: `blockdev --setrw` changes that where a switch on the medium does not say so")
	}
	return openFile(f, base, o)
}

// openFile makes a Device of a file or block device from an offset on.
func openFile(f *rawfile.File, base int64, o *Options) (Device, error) {
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	if base > size {
		return nil, fmt.Errorf("it begins behind the end, at %d of %d bytes", base, size)
	}
	size -= base
	g := Geometry{EraseSize: o.EraseSize, WriteSize: o.WriteSize}
	if g.EraseSize == 0 {
		g.EraseSize = DefaultEraseSize
	}
	if g.WriteSize == 0 {
		g.WriteSize = min(DefaultWriteSize, g.EraseSize)
	}
	g.Size = size
	if e := int64(g.EraseSize); e > 0 && size >= e {
		g.Size -= size % e
	}
	if err := g.Check(); err != nil {
		return nil, err
	}
	return &file{node: node{f, g, base, o.ReadOnly}}, nil
}

// file is a file or a block device as a Device. Writes go through the page
// cache; Sync makes them durable and empties the cache, so that what is read
// back afterwards is what the medium has.
type file struct {
	node
	ones []byte // an erased block, made when first needed
}

func (d *file) Erase(block int) error {
	if err := d.mayErase(block); err != nil {
		return err
	}
	if d.ones == nil {
		d.ones = bytes.Repeat([]byte{0xFF}, d.g.EraseSize)
	}
	_, err := d.f.WriteAt(d.ones, d.offset(block))
	return err
}

func (d *file) Sync() error {
	if d.readOnly {
		return nil
	}
	err := d.f.Sync()
	// Of pages that could not be written the kernel says that they were: what
	// they hold is not what the medium has.
	if dropped := dropCache(d.f, d.base); err == nil {
		err = dropped
	}
	return err
}
