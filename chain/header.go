package chain

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"time"

	"chainroot/sha256"
)

// Hash is a SHA-256.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Type says what an entry was written as. A volatile entry becomes a snapshot
// by a record, with its header as it is.
type Type byte

const (
	TypeSnapshot Type = 1
	TypeVolatile Type = 2
	TypePinned   Type = 3 // a snapshot that was pinned when it was written: see Entry.Pinned
)

// Version of the format.
const Version = 1

// Sizes and limits, in bytes.
const (
	HeaderSize = 256
	MaxLabel   = 80 // of a label, in a header as in a record

	// maxRatio is what a lz4 block can grow by at the most (each byte of
	// length stands for 255 bytes of output).
	maxRatio = 255
)

const codingLZ4 = 1 // of the payload: one lz4 frame

var headerMagic = [8]byte{'C', 'H', 'A', 'I', 'N', 'R', 'T', '\n'}

// Header is what an entry starts with.
type Header struct {
	Type      Type
	EraseSize int    // of the flash, in bytes
	WriteSize int    // of the flash, in bytes
	Slots     int    // record slots of the entry
	Number    int    // place in the chain, the first is 1
	Serial    uint32 // of its first commit record, where it was made: no two headers are the same
	Stored    int64  // bytes of the payload
	Unpacked  int64  // bytes of the tar in it
	Created   int64  // seconds since 1970, by the clock of the unit that wrote it
	Table     Hash   // of the chunk table
	Prev      Hash   // of the header of the entry before, zero for the first
	Label     string // at most MaxLabel bytes
}

// Offsets of the fields, in bytes; integers are big-endian.
const (
	hMagic    = 0
	hVersion  = 8
	hType     = 10
	hCoding   = 11
	hErase    = 12
	hWrite    = 16
	hSlots    = 20
	hLabelLen = 22
	hNumber   = 24
	hSerial   = 28
	hStored   = 32
	hUnpacked = 40
	hCreated  = 48
	hTable    = 56
	hPrev     = 88
	hLabel    = 120
	hSum      = 252
)

// encode returns the HeaderSize bytes of h, as they are hashed and stored.
func (h *Header) encode() []byte {
	b := make([]byte, HeaderSize)
	be := binary.BigEndian
	copy(b[hMagic:], headerMagic[:])
	be.PutUint16(b[hVersion:], Version)
	b[hType] = byte(h.Type)
	b[hCoding] = codingLZ4
	be.PutUint32(b[hErase:], uint32(h.EraseSize))
	be.PutUint32(b[hWrite:], uint32(h.WriteSize))
	be.PutUint16(b[hSlots:], uint16(h.Slots))
	be.PutUint16(b[hLabelLen:], uint16(len(h.Label)))
	be.PutUint32(b[hNumber:], uint32(h.Number))
	be.PutUint32(b[hSerial:], h.Serial)
	be.PutUint64(b[hStored:], uint64(h.Stored))
	be.PutUint64(b[hUnpacked:], uint64(h.Unpacked))
	be.PutUint64(b[hCreated:], uint64(h.Created))
	copy(b[hTable:], h.Table[:])
	copy(b[hPrev:], h.Prev[:])
	copy(b[hLabel:hLabel+MaxLabel], h.Label)
	be.PutUint32(b[hSum:], crc32.ChecksumIEEE(b[:hSum]))
	return b
}

// errNoHeader says that bytes are not a header, nor what is left of one. Nothing wraps
// it on the way to a walk, which compares: errors.Is is more code than a boot of empty
// flash needs.
var errNoHeader = errors.New("no header")

// maxMagicRot is how many bits of the magic may differ for bytes to be taken
// for what is left of a header, and so be reported; other bytes match by
// chance once in 10^11.
const maxMagicRot = 8

// decodeHeader is the one place that says whether HeaderSize bytes are a
// header. It returns errNoHeader when there is none, and errors that wrap
// ErrDamaged or ErrVersion when there is one that cannot be used.
func decodeHeader(b []byte) (*Header, error) {
	be := binary.BigEndian
	rot := bits.OnesCount64(be.Uint64(b[hMagic:]) ^ be.Uint64(headerMagic[:]))
	switch {
	case rot > maxMagicRot:
		return nil, errNoHeader
	case rot > 0 || !sumHolds(b):
		return nil, fmt.Errorf("%w: a header with a wrong checksum, written in part or changed since", ErrDamaged)
	}
	if v := be.Uint16(b[hVersion:]); v != Version {
		return nil, fmt.Errorf("%w: version %d, this program knows %d", ErrVersion, v, Version)
	}
	if b[hCoding] != codingLZ4 {
		return nil, fmt.Errorf("%w: payload coding %d, this program knows %d", ErrVersion, b[hCoding], codingLZ4)
	}
	labelLen := int(be.Uint16(b[hLabelLen:]))
	if labelLen > MaxLabel {
		return nil, fmt.Errorf("%w: label of %d bytes, %d can be", ErrDamaged, labelLen, MaxLabel)
	}
	h := &Header{
		Type:      Type(b[hType]),
		EraseSize: int(int32(be.Uint32(b[hErase:]))),
		WriteSize: int(int32(be.Uint32(b[hWrite:]))),
		Slots:     int(be.Uint16(b[hSlots:])),
		Number:    int(int32(be.Uint32(b[hNumber:]))),
		Serial:    be.Uint32(b[hSerial:]),
		Stored:    int64(be.Uint64(b[hStored:])),
		Unpacked:  int64(be.Uint64(b[hUnpacked:])),
		Created:   int64(be.Uint64(b[hCreated:])),
		Table:     Hash(b[hTable:]),
		Prev:      Hash(b[hPrev:]),
		Label:     string(b[hLabel : hLabel+labelLen]),
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	if !bytes.Equal(h.encode(), b) {
		return nil, fmt.Errorf("%w: a header with fields that this program does not know", ErrVersion)
	}
	return h, nil
}

// sumHolds reports whether the checksum of a header is that of its bytes.
func sumHolds(b []byte) bool {
	return binary.BigEndian.Uint32(b[hSum:]) == crc32.ChecksumIEEE(b[:hSum])
}

// check refuses a header whose numbers no writer makes, so that everything
// computed from them later stays small.
func (h *Header) check() error {
	bad := func(what string, n int64) error {
		return fmt.Errorf("%w: header with %s %d", ErrDamaged, what, n)
	}
	switch {
	case h.Type < TypeSnapshot || h.Type > TypePinned:
		return bad("type", int64(h.Type))
	case h.geometry().Check() != nil:
		return bad("an impossible geometry, erase blocks of", int64(h.EraseSize))
	case h.Slots < minSlots || h.Slots > maxSlots:
		return bad("a number of record slots of", int64(h.Slots))
	case h.Number < 1:
		return bad("number", int64(h.Number))
	case h.Stored < 1 || h.Stored > maxStored:
		return bad("a payload size of", h.Stored)
	case h.Unpacked < 0 || h.Unpacked > h.Stored*maxRatio:
		return bad("an unpacked size of", h.Unpacked)
	}
	return nil
}

// hash is what the next entry's Prev holds, and what names a state.
func (h *Header) hash() Hash { return sha256.Sum256(h.encode()) }

// Time returns when the entry was written, by the clock of its unit.
func (h *Header) Time() time.Time { return clock(h.Created) }

// clock returns what a clock said, in seconds since 1970. One that is wrong says
// anything: the result is a time that RFC 3339 can write, of the years 0 to 9999.
func clock(seconds int64) time.Time {
	const first, last = -62_167_219_200, 253_402_300_799
	return time.Unix(min(max(seconds, first), last), 0).UTC()
}
