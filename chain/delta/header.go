package delta

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// blockSize is the unit of a tar, in bytes.
const blockSize = 512

// field is a range of a header block, from POSIX.1-2017, pax, "ustar
// Interchange Format".
type field struct{ off, len int }

var (
	fName     = field{0, 100}
	fMode     = field{100, 8}
	fUID      = field{108, 8}
	fGID      = field{116, 8}
	fSize     = field{124, 12}
	fTime     = field{136, 12}
	fChecksum = field{148, 8}
	fType     = field{156, 1}
	fLink     = field{157, 100}
	fMagic    = field{257, 8} // with the version
	fMajor    = field{329, 8}
	fMinor    = field{337, 8}
	fPrefix   = field{345, 155}
)

// Magic and version of the three dialects.
const (
	magicPOSIX = "ustar\x0000"
	magicGNU   = "ustar  \x00"
	magicV7    = "\x00\x00\x00\x00\x00\x00\x00\x00"
)

// Entry types. A NUL and '7' are regular files, too.
const (
	typeRegular    = '0'
	typeLink       = '1'
	typeSymlink    = '2'
	typeChar       = '3'
	typeBlock      = '4'
	typeDirectory  = '5'
	typeFIFO       = '6'
	typeContiguous = '7'
	typePAX        = 'x'
	typeGlobalPAX  = 'g'
	typeLongName   = 'L' // GNU: the data is the name of the next entry
	typeLongLink   = 'K' // GNU: the same for its link target
)

// header is a header block, decoded.
type header struct {
	name, link   string
	typ          byte
	mode         int64
	uid, gid     int64
	size, sec    int64
	major, minor int64
}

func (f field) of(b []byte) []byte { return b[f.off : f.off+f.len] }

// text returns what stands before the first NUL.
func (f field) text(b []byte) string {
	s := f.of(b)
	if i := bytes.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return string(s)
}

// number reads an octal number, with the spaces and NULs that old programs put
// around it, or GNU's base 256: a set first bit, then two's complement.
func (f field) number(b []byte) (int64, error) {
	s := f.of(b)
	if s[0]&0x80 != 0 {
		negative := s[0]&0x40 != 0
		n := int64(0)
		if negative {
			n = -1
		}
		for i, c := range s {
			if i == 0 {
				if c &= 0x7f; negative {
					c |= 0x80
				}
				n = n<<8 | int64(c)
				continue
			}
			if n > 1<<54 || n < -1<<54 {
				return 0, fmt.Errorf("%w: the number at offset %d of the header is too large", ErrFormat, f.off)
			}
			n = n<<8 | int64(c)
		}
		return n, nil
	}
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	n := int64(0)
	for _, c := range s {
		if c < '0' || c > '7' {
			return 0, fmt.Errorf("%w: %q at offset %d of the header is no number", ErrFormat, s, f.off)
		}
		n = n<<3 | int64(c-'0')
	}
	return n, nil
}

func isBlank(c byte) bool { return c == ' ' || c == 0 }

// putText writes as much of s as fits.
func (f field) putText(b []byte, s string) { copy(f.of(b), s) }

// putNumber writes n in octal, filled with zeros, and a NUL. What does not fit
// is written as 0: a PAX record says it then.
func (f field) putNumber(b []byte, n int64) {
	if !f.fits(n) {
		n = 0
	}
	s := f.of(b)
	for i := f.len - 2; i >= 0; i-- {
		s[i] = byte('0' + n&7)
		n >>= 3
	}
	s[f.len-1] = 0
}

// fits reports whether putNumber can write n.
func (f field) fits(n int64) bool { return n >= 0 && n>>(3*(f.len-1)) == 0 }

// checksum sums up the bytes of a header block, its checksum taken for spaces. It takes
// eight bytes at a time: of a tar of small files this is the longest computation.
func checksum(b []byte) (sum int64) {
	const even = 0x00FF00FF00FF00FF // every other byte
	sums := uint64(0)               // four of 16 bits, each of a quarter of the block
	for b := b[:blockSize]; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		sums += x&even + x>>8&even
	}
	for ; sums != 0; sums >>= 16 {
		sum += int64(sums & 0xFFFF)
	}
	for _, c := range fChecksum.of(b) {
		sum += ' ' - int64(c)
	}
	return sum
}

// signedChecksum is checksum as some old programs made it, of signed bytes.
func signedChecksum(b []byte) int64 {
	negative := int64(0)
	for i, c := range b[:blockSize] {
		if i < fChecksum.off || i >= fChecksum.off+fChecksum.len {
			negative += int64(c >> 7)
		}
	}
	return checksum(b) - negative<<8
}

// decode takes a header block apart. It keeps nothing of b.
func (h *header) decode(b []byte) error {
	*h = header{}
	if sum, err := fChecksum.number(b); err != nil || sum != checksum(b) && sum != signedChecksum(b) {
		return fmt.Errorf("%w: the checksum of a header is wrong", ErrFormat)
	}
	posix := string(fMagic.of(b)) == magicPOSIX
	if !posix && string(fMagic.of(b)) != magicGNU && string(fMagic.of(b)) != magicV7 {
		return fmt.Errorf("%w: magic %q is unknown", ErrFormat, fMagic.of(b))
	}
	h.name = fName.text(b)
	h.link = fLink.text(b)
	h.typ = b[fType.off]
	if posix {
		if prefix := fPrefix.text(b); prefix != "" {
			h.name = prefix + "/" + h.name
		}
	}
	for _, n := range []struct {
		f  field
		to *int64
	}{{fMode, &h.mode}, {fUID, &h.uid}, {fGID, &h.gid}, {fSize, &h.size}, {fTime, &h.sec}} {
		v, err := n.f.number(b)
		if err != nil {
			return err
		}
		*n.to = v
	}
	if h.typ == typeChar || h.typ == typeBlock {
		var err error
		if h.major, err = fMajor.number(b); err != nil {
			return err
		}
		if h.minor, err = fMinor.number(b); err != nil {
			return err
		}
	}
	return nil
}

// encode makes a header block of h in b, which is blockSize long.
func (h *header) encode(b []byte) {
	clear(b)
	fName.putText(b, h.name)
	fMode.putNumber(b, h.mode)
	fUID.putNumber(b, h.uid)
	fGID.putNumber(b, h.gid)
	fSize.putNumber(b, h.size)
	fTime.putNumber(b, h.sec)
	b[fType.off] = h.typ
	fLink.putText(b, h.link)
	fMagic.putText(b, magicPOSIX)
	fMajor.putNumber(b, h.major)
	fMinor.putNumber(b, h.minor)
	sum := checksum(b)
	s := fChecksum.of(b)
	for i := 5; i >= 0; i-- {
		s[i] = byte('0' + sum&7)
		sum >>= 3
	}
	s[6], s[7] = 0, ' '
}

// padding returns how many bytes fill up n bytes of data to a whole block.
func padding(n int64) int64 { return -n & (blockSize - 1) }
