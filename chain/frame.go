package chain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pierrec/lz4/v4"
)

// The parts of a frame that a payload is, from the LZ4 Frame Format 1.6
// (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). Its integers are
// little-endian.
const (
	frameMagic     = 0x184D2204
	frameHeader    = 7 // bytes, without what flags ask for
	frameSizeLen   = 8 // flagContentSize: of the size of the content
	frameSumLen    = 4 // of a checksum
	frameLenSize   = 4 // of the length of a block, before it
	frameStored    = 1 << 31
	flagVersion    = 3 << 6 // of the frame's flags; the version is 1
	flagFrame      = 1 << 6
	flagAlone      = 1 << 5 // no block needs another one
	flagBlockSum   = 1 << 4
	flagSize       = 1 << 3
	flagContentSum = 1 << 2
	flagReserved   = 1 << 1
	flagDictionary = 1 << 0
)

// frameBlock is the largest block of the frames that are written, in bytes: what a
// reader needs in memory, a few times.
const frameBlock = 1 << 20

// frameStart is how the frames that are written start: blocks of 1 MiB that stand
// alone, no checksums, for the chunk table has better ones. The last byte is that
// of the xxHash-32 of the two before it which the format asks for.
var frameStart = []byte{0x04, 0x22, 0x4D, 0x18, flagFrame | flagAlone, 6 << 4, 0x51}

// frameEnd is what follows the last block.
var frameEnd = make([]byte, frameLenSize)

// frameReader unpacks a frame, block by block. Checksums in it are passed over:
// all of it was checked already.
type frameReader struct {
	more func(b []byte) ([]byte, error) // appends the next bytes of the frame, checked, to b; none: that was all
	in   []byte
	pos  int // of what is in and was not unpacked

	begun bool
	flags byte
	size  int // of the largest block, in bytes
}

// need returns the next n bytes of the frame.
func (f *frameReader) need(n int) ([]byte, error) {
	if len(f.in)-f.pos < n && f.pos > 0 && f.more != nil {
		f.in, f.pos = f.in[:copy(f.in, f.in[f.pos:])], 0
	}
	if more := n - (len(f.in) - f.pos); more > 0 && f.more != nil {
		f.in = slices.Grow(f.in, more+chunkSize)
	}
	for len(f.in)-f.pos < n {
		had := len(f.in)
		if f.more != nil {
			var err error
			if f.in, err = f.more(f.in); err != nil {
				return nil, err
			}
		}
		if len(f.in) == had {
			return nil, fmt.Errorf("%w: its lz4 frame ends too early", ErrDamaged)
		}
	}
	b := f.in[f.pos : f.pos+n]
	f.pos += n
	return b, nil
}

// begin reads the header.
func (f *frameReader) begin() error {
	b, err := f.need(frameHeader)
	if err != nil {
		return err
	}
	f.begun, f.flags = true, b[4]
	size := b[5] >> 4 & 7
	switch {
	case binary.LittleEndian.Uint32(b) != frameMagic:
		return fmt.Errorf("%w: it is no lz4 frame", ErrDamaged)
	case f.flags&flagVersion != flagFrame || f.flags&(flagReserved|flagDictionary) != 0 || f.flags&flagAlone == 0 || size < 4 || b[5]&0x8F != 0:
		return fmt.Errorf("%w: its lz4 frame is of a kind that nobody here writes (%#x, %#x)", ErrDamaged, f.flags, b[5])
	}
	f.size = 1 << (8 + 2*size) // 64 KiB, 256 KiB, 1 MiB, 4 MiB
	if f.flags&flagSize != 0 {
		_, err = f.need(frameSizeLen)
	}
	return err
}

// next unpacks the next block into dst, which may be as long as the block and no
// longer than that, and returns how long it is. Behind the last one it returns
// io.EOF; errors that wrap ErrDamaged say that it is no frame, or has a block that
// is longer than dst.
func (f *frameReader) next(dst []byte) (int, error) {
	b, err := f.need(frameLenSize)
	if err != nil {
		return 0, err
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 {
		return 0, f.end()
	}
	stored := n&frameStored != 0
	if n &^= frameStored; n > uint32(f.size) {
		return 0, fmt.Errorf("%w: a block of its lz4 frame has %d bytes, at most %d can be", ErrDamaged, n, f.size)
	}
	if b, err = f.need(int(n)); err != nil {
		return 0, err
	}
	if len(dst) == 0 || stored && len(b) > len(dst) {
		return 0, tooLong{}
	}
	var size int
	if stored {
		size = copy(dst, b)
	} else if size, err = lz4.UncompressBlock(b, dst); err != nil {
		return 0, tooLong{} // it does not tell apart what else is wrong
	}
	return size, f.sum(flagBlockSum)
}

// tooLong is about a block that does not unpack to what there is room for. It wraps
// ErrDamaged.
type tooLong struct{}

func (tooLong) Error() string {
	return ErrDamaged.Error() + ": a block of its lz4 frame is broken, or it unpacks to more bytes than its header announces"
}
func (tooLong) Unwrap() error { return ErrDamaged }

// sum passes over a checksum, if there is one.
func (f *frameReader) sum(flag byte) error {
	if f.flags&flag == 0 {
		return nil
	}
	_, err := f.need(frameSumLen)
	return err
}

// end returns io.EOF if nothing stands behind the last block.
func (f *frameReader) end() error {
	if err := f.sum(flagContentSum); err != nil {
		return err
	}
	if _, err := f.need(1); err == nil {
		return fmt.Errorf("%w: there is something behind its lz4 frame", ErrDamaged)
	} else if !errors.Is(err, ErrDamaged) {
		return err
	}
	return io.EOF
}
