package fstools

import (
	"encoding/binary"

	"chainroot/chain"
)

// headerSize is the size of a header in bytes. All its numbers have 32 bits and
// are big-endian.
const headerSize = 32

// Offsets in a header.
const (
	hMagic    = 0  // "OWRT"
	hType     = 4  // "DATA" or "CONF"
	hSequence = 8  // number in the row
	hSize     = 12 // of the gzip'd tar, in bytes
	hSum      = 16 // its MD5: 16 bytes
)

const (
	magic        = "OWRT"
	typeSnapshot = "DATA"
	typeVolatile = "CONF"
)

// maxSize is the largest gzip'd tar that fstools takes, in bytes. It means
// 8 MiB: the 1204 is theirs.
const maxSize = 8 * 1024 * 1204

// sum is an MD5 as a header has it.
type sum [16]byte

// swapped returns s with the bytes of each word in reverse order. fstools turns
// the MD5 into big-endian words like the numbers before it, though it is bytes:
// so little-endian units reverse it, and big-endian ones do not.
func (s sum) swapped() sum {
	for i := 0; i < len(s); i += 4 {
		s[i], s[i+1], s[i+2], s[i+3] = s[i+3], s[i+2], s[i+1], s[i]
	}
	return s
}

// header is a header on flash.
type header struct {
	off      int64 // where it stands, in bytes
	typ      chain.Type
	sequence uint32
	size     int64
	sum      sum
}

// decodeHeader decodes a header. It reports false when there is none. The type
// is 0 when it is none that fstools knows; the size is what is there.
func decodeHeader(b []byte) (header, bool) {
	be := binary.BigEndian
	h := header{sequence: be.Uint32(b[hSequence:]), size: int64(be.Uint32(b[hSize:]))}
	copy(h.sum[:], b[hSum:])
	switch string(b[hType:hSequence]) {
	case typeSnapshot:
		h.typ = chain.TypeSnapshot
	case typeVolatile:
		h.typ = chain.TypeVolatile
	}
	return h, string(b[hMagic:hType]) == magic
}

// end returns the offset behind the tar, in bytes.
func (h *header) end() int64 { return h.off + headerSize + h.size }
