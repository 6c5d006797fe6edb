package flash

import (
	"errors"
	"fmt"
)

// ErrReadOnly is returned by Program, Erase and MarkBad of a device that was
// opened for reading.
var ErrReadOnly = errors.New("device was opened read-only")

// ErrGeometry is wrapped by errors about a size that no device can have.
var ErrGeometry = errors.New("impossible flash geometry")

// Geometry is the shape of a device, in bytes.
type Geometry struct {
	Size      int64 // a multiple of EraseSize
	EraseSize int   // an erase block, a multiple of WriteSize
	WriteSize int   // a write unit
}

// Blocks returns the number of erase blocks.
func (g Geometry) Blocks() int { return int(g.Size / int64(g.EraseSize)) }

// Limits on what Check accepts. The largest erase block of a chip that Linux
// knows is 4 MiB; the largest page is 16 KiB.
const (
	MinEraseSize = 4 << 10
	MaxEraseSize = 64 << 20
	MaxWriteSize = 64 << 10
)

// Check returns an error that wraps ErrGeometry and names the size that cannot
// be.
func (g Geometry) Check() error {
	switch {
	case g.EraseSize < MinEraseSize || g.EraseSize > MaxEraseSize:
		return fmt.Errorf("%w: erase block of %d bytes, %d to %d can be", ErrGeometry, g.EraseSize, MinEraseSize, MaxEraseSize)
	case g.WriteSize < 1 || g.WriteSize > MaxWriteSize || g.EraseSize%g.WriteSize != 0:
		return fmt.Errorf("%w: write unit of %d bytes in an erase block of %d", ErrGeometry, g.WriteSize, g.EraseSize)
	case g.Size < int64(g.EraseSize):
		return fmt.Errorf("%w: %d bytes are less than one erase block of %d: it takes more of them, or a smaller block", ErrGeometry, g.Size, g.EraseSize)
	case g.Size%int64(g.EraseSize) != 0:
		return fmt.Errorf("%w: %d bytes are no whole number of erase blocks of %d", ErrGeometry, g.Size, g.EraseSize)
	}
	return nil
}

// own checks a geometry that the device itself says it has: what o asks for has
// to be just that.
func (g Geometry) own(o *Options) error {
	if err := g.Check(); err != nil {
		return err
	}
	if o.EraseSize != 0 && o.EraseSize != g.EraseSize || o.WriteSize != 0 && o.WriteSize != g.WriteSize {
		return fmt.Errorf("%w: the device has erase blocks of %d bytes and write units of %d", ErrGeometry, g.EraseSize, g.WriteSize)
	}
	return nil
}

// Device is a row of erase blocks. Offsets and lengths are in bytes, blocks
// are counted from 0.
type Device interface {
	Geometry() Geometry

	// ReadAt reads len(p) bytes from off or fails; it knows no short read. On
	// NAND the data may be wrong without an error: only a hash tells.
	ReadAt(p []byte, off int64) (int, error)

	// Program writes p, whole write units that lie in one erase block and were
	// not programmed since its last erase, behind all that were.
	Program(p []byte, off int64) error

	// Erase sets every byte of a block to 0xFF.
	Erase(block int) error

	// IsBad reports whether a block must not be used.
	IsBad(block int) (bool, error)

	// MarkBad marks a block so that IsBad reports it from now on. The error wraps
	// errors.ErrUnsupported where the device knows no bad blocks.
	MarkBad(block int) error

	// Sync returns when all that was programmed and erased before is durable,
	// and makes the next reads come from the medium where a cache lies between.
	Sync() error

	Close() error
}

// Options are the wishes of Open; the zero value opens for writing with the
// defaults.
type Options struct {
	ReadOnly  bool
	EraseSize int // of a file or block device, in bytes; 0: DefaultEraseSize
	WriteSize int // of a file or block device, in bytes; 0: DefaultWriteSize
}

// The geometry that files and block devices get when nothing else is said. A
// write unit of 4 KiB keeps a record out of the page, and of the sector of a
// disk, that holds something older.
const (
	DefaultEraseSize = 64 << 10
	DefaultWriteSize = 4 << 10
)

// checkProgram returns an error when a program breaks the rules that show
// without knowing what is on the device.
func checkProgram(g Geometry, n int, off int64) error {
	switch {
	case off < 0 || off+int64(n) > g.Size:
		return fmt.Errorf("cannot program %d bytes at %d: the device ends at %d", n, off, g.Size)
	case off%int64(g.WriteSize) != 0 || n%g.WriteSize != 0:
		return fmt.Errorf("cannot program %d bytes at %d: not whole write units of %d", n, off, g.WriteSize)
	case n > 0 && off/int64(g.EraseSize) != (off+int64(n)-1)/int64(g.EraseSize):
		return fmt.Errorf("cannot program %d bytes at %d: they cross the end of an erase block", n, off)
	}
	return nil
}

// checkBlock returns an error when there is no such block.
func checkBlock(g Geometry, block int) error {
	if block < 0 || block >= g.Blocks() {
		return fmt.Errorf("there is no erase block %d, the device has %d", block, g.Blocks())
	}
	return nil
}
