package chain

import (
	"bytes"
	"encoding/binary"
	"errors"
	"syscall"

	"chainroot/flash"
)

// Content is what a partition holds.
type Content int

const (
	ContentUnknown Content = iota
	ContentErased          // nothing: all ones, or the zeros of a new disk
	ContentMarked          // OpenWrt's mark 0xdeadc0de: to be formatted
	ContentChain           // also one whose first entry is being rewritten
	ContentJFFS2           // of either byte order
	ContentUBIFS
	ContentUBI // the raw flash below UBI volumes
	ContentExt4
	ContentF2FS
	ContentSquashfs
	ContentFstools // a chain of OpenWrt's fstools
	ContentOther   // something else that is not to be overwritten
)

var contentNames = [...]string{
	"unknown", "erased", "deadc0de", "chain", "jffs2", "ubifs", "ubi", "ext4", "f2fs", "squashfs", "fstools", "another file system",
}

func (c Content) String() string { return contentNames[c] }

// Free reports whether a chain may be started there without asking: nothing is
// there, or nothing that anybody knows.
func (c Content) Free() bool {
	return c == ContentUnknown || c == ContentErased || c == ContentMarked
}

// signature is what a file system starts with.
type signature struct {
	off     int
	bytes   string
	content Content
}

// The numbers are from the kernel's include/uapi/linux/magic.h and the headers
// of the file systems; OWRT and the mark from OpenWrt's fstools. All have 32
// bits or more: half an erased or programmed block must not be taken for one.
var signatures = []signature{
	{0, "\x31\x18\x10\x06", ContentUBIFS},
	{0, "UBI#", ContentUBI},
	{0, "hsqs", ContentSquashfs}, {0, "sqsh", ContentSquashfs},
	{0, "OWRT", ContentFstools},
	{0, "\xde\xad\xc0\xde", ContentMarked},
	{1024, "\x10\x20\xf5\xf2", ContentF2FS},
	{0, "LUKS\xba\xbe", ContentOther},
	{0, "XFSB", ContentOther},
	{512, "EFI PART", ContentOther},
	{54, "FAT1", ContentOther}, {82, "FAT32", ContentOther},
	{4086, "SWAPSPACE2", ContentOther},
}

// isJFFS2 reports whether b starts with a node of jffs2, in either byte order.
// The bit that is cleared in obsolete nodes does not count. The numbers are from
// the kernel's include/uapi/linux/jffs2.h.
func isJFFS2(b []byte) bool {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if order.Uint16(b) != 0x1985 {
			continue
		}
		switch order.Uint16(b[2:]) | 0x2000 {
		case 0xe001, 0xe002, 0x2003, 0x2004, 0x2006, 0xe008, 0xe009:
			return true
		}
	}
	return false
}

// isExt4 reports whether b starts with a superblock of ext2, ext3 or ext4. Its
// magic has 16 bits only, so other fields have to be possible too. See
// Documentation/filesystems/ext4/super.rst of the kernel.
func isExt4(b []byte) bool {
	s, le := b[1024:], binary.LittleEndian
	return le.Uint16(s[0x38:]) == 0xef53 && // magic
		le.Uint32(s[0x18:]) <= 6 && // block size: 1 KiB to 64 KiB
		le.Uint32(s[0x4c:]) <= 1 && // revision
		le.Uint32(s[0x00:]) != 0 && le.Uint32(s[0x04:]) != 0 && // inodes, blocks
		le.Uint16(s[0x3a:]) <= 7 // state
}

// signed returns what starts with b, if a signature of 32 bits says so, or else
// ContentUnknown.
func signed(b []byte) Content {
	if isJFFS2(b) {
		return ContentJFFS2
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b[s.off:], []byte(s.bytes)) {
			return s.content
		}
	}
	return ContentUnknown
}

// identifySize is how much of the first erase block is looked at, in bytes.
const identifySize = flash.MinEraseSize

// Identify says what dev holds. A chain is a header in the first erase block,
// whole or damaged, or, where that block holds nothing known, the copy of a
// first entry in the back buffer; where it is erased, also what a power cut has
// left of that copy's commit record.
func Identify(dev flash.Device) (Content, error) {
	a, err := newArea(dev)
	if err != nil {
		return ContentUnknown, err
	}
	if a.blocks() == 0 {
		return ContentUnknown, nil
	}
	b := make([]byte, identifySize)
	// What a power cut leaves on UBI may be unreadable.
	if _, err := a.ReadAt(b, 0); err != nil && !errors.Is(err, syscall.EBADMSG) {
		return ContentUnknown, err
	}
	if _, err := decodeHeader(b[:HeaderSize]); !errors.Is(err, errNoHeader) {
		return ContentChain, nil
	}
	c, err := Open(dev)
	switch {
	case err != nil:
		return ContentUnknown, err
	case c.foreign != ContentUnknown:
		return c.foreign, nil
	case len(c.entries) > 0, c.back != nil, blank(b) && !c.Settled():
		return ContentChain, nil
	case signed(b) != ContentUnknown:
		return signed(b), nil
	case isExt4(b):
		return ContentExt4, nil
	case blank(b) || filled(b, 0):
		return ContentErased, nil
	}
	return ContentUnknown, nil
}
