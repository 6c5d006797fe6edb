package chain

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// recordSize is the size of a record in bytes. The rest of a larger slot stays
// unprogrammed.
const recordSize = 128

// pair is how many slots a record takes: it is written twice. That the second
// copy was begun proves that the first one is whole; a first copy alone may
// read differently next time.
const pair = 2

// fresh is how many slots a record takes at the most: see Chain.slot.
const fresh = pair + 1

// kind says what happened.
type kind byte

const (
	kindCommit  kind = 1  // the entry is complete
	kindPromote kind = 2  // the volatile entry became a snapshot
	kindRetire  kind = 3  // rolled back: the chain ends before this entry
	kindRestore kind = 4  // the roll-back was taken back
	kindMove    kind = 5  // of a copy: the entry is complete at its home
	kindVoid    kind = 6  // of the back buffer: the copy that was begun never counts
	kindTry     kind = 7  // on trial, or on trial anew
	kindAttempt kind = 8  // a boot of what is on trial begins
	kindConfirm kind = 9  // the trial is over, and went well
	kindFail    kind = 10 // the trial is over, and did not: rolled back
	kindPin     kind = 11 // it is not to go
	kindUnpin   kind = 12 // it may go
)

// What an entry is after a record.
const (
	flagSnapshot = 1 << 0
	flagRetired  = 1 << 1
	flagMoved    = 1 << 2
	flagTakeover = 1 << 3 // of a copy: what stands in front of it is history
	flagTrial    = 1 << 4 // on trial; of a retired entry: it was, when it was retired
	flagPinned   = 1 << 5
	flagUnpinned = 1 << 6 // whatever its header says
	flagSecond   = 1 << 7 // of the record itself: its second copy
)

// record is one change of state of an entry. It carries the whole state after
// the change, so the last valid record of an entry is all that counts.
type record struct {
	kind   kind
	flags  byte
	second bool   // the second copy
	serial uint32 // rises with each record written to this flash
	lost   uint32 // of a retired entry: how many entries the chain lost; of one on trial: see Trial
	time   int64  // seconds since 1970
	entry  [16]byte
	label  string // replaces that of the header, unless empty; of kindFail: the reason
	blocks uint32 // of a commit in the back buffer: how many erase blocks are in use there
}

// Offsets of the fields, in bytes; integers are big-endian. What is not used
// of the label is 0xFF.
const (
	rMagic    = 0
	rKind     = 4
	rFlags    = 5
	rLabelLen = 6
	rSerial   = 8
	rLost     = 12
	rTime     = 16
	rEntry    = 24
	rSum      = 40
	rLabel    = 44
	rBlocks   = 124
)

// noBlocks is what rBlocks holds in any other record.
const noBlocks = 1<<32 - 1

var recordMagic = [4]byte{'R', 'E', 'C', '1'}

func (r *record) encode() []byte {
	b := bytes.Repeat([]byte{0xFF}, recordSize)
	be := binary.BigEndian
	copy(b[rMagic:], recordMagic[:])
	b[rKind] = byte(r.kind)
	b[rFlags] = r.flags
	if r.second {
		b[rFlags] |= flagSecond
	}
	be.PutUint16(b[rLabelLen:], uint16(len(r.label)))
	be.PutUint32(b[rSerial:], r.serial)
	be.PutUint32(b[rLost:], r.lost)
	be.PutUint64(b[rTime:], uint64(r.time))
	copy(b[rEntry:], r.entry[:])
	copy(b[rLabel:rLabel+MaxLabel], r.label)
	if r.blocks != 0 {
		be.PutUint32(b[rBlocks:], r.blocks)
	}
	be.PutUint32(b[rSum:], recordSum(b))
	return b
}

// recordSum is the checksum of a record: of all its bytes but the checksum.
func recordSum(b []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE(b[:rSum]), crc32.IEEETable, b[rLabel:recordSize])
}

// maxRecordRot is how many bits of the magic may differ for bytes to be taken
// for what is left of a record.
const maxRecordRot = 4

// recordLike reports whether b is a record or what is left of one.
func recordLike(b []byte) bool {
	be := binary.BigEndian
	return bits.OnesCount32(be.Uint32(b[rMagic:])^be.Uint32(recordMagic[:])) <= maxRecordRot
}

// decodeRecord is the one place that says whether recordSize bytes are a
// record; of which entry, record.of says.
func decodeRecord(b []byte) (record, bool) {
	be := binary.BigEndian
	n := int(be.Uint16(b[rLabelLen:]))
	if !bytes.Equal(b[rMagic:rMagic+len(recordMagic)], recordMagic[:]) ||
		be.Uint32(b[rSum:]) != recordSum(b) || b[rKind] == 0 || n > MaxLabel {
		return record{}, false
	}
	r := record{
		kind:   kind(b[rKind]),
		flags:  b[rFlags] &^ flagSecond,
		second: b[rFlags]&flagSecond != 0,
		serial: be.Uint32(b[rSerial:]),
		lost:   be.Uint32(b[rLost:]),
		time:   int64(be.Uint64(b[rTime:])),
		entry:  [16]byte(b[rEntry:]),
		label:  string(b[rLabel : rLabel+n]),
	}
	if n := be.Uint32(b[rBlocks:]); n != noBlocks {
		r.blocks = n
	}
	return r, true
}

// of reports whether r is a record of the entry whose header has a hash, or of
// whatever stands in the back buffer.
func (r *record) of(hash Hash) bool {
	return r.kind == kindVoid || bytes.Equal(r.entry[:], hash[:len(r.entry)])
}

// blank reports whether b was never programmed, as far as reading tells.
func blank(b []byte) bool { return filled(b, 0xFF) }

// filled reports whether all bytes of b are with: the first one is, and each other
// one is what the one before it is. A walk asks it of most of what it reads.
func filled(b []byte, with byte) bool {
	return len(b) == 0 || b[0] == with && bytes.Equal(b[1:], b[:len(b)-1])
}
