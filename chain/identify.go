package chain

import (
	"bytes"
	"errors"

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
)

var contentNames = [...]string{
	"unknown", "erased", "deadc0de", "chain", "jffs2", "ubifs", "ubi", "ext4", "f2fs", "squashfs", "fstools",
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

// The jffs2 node types are from the kernel's include/uapi/linux/jffs2.h; every
// other number from the kernel's include/uapi/linux/magic.h and the headers of
// the file systems; OWRT and the mark from OpenWrt's fstools.
var signatures = []signature{
	{0, "\x85\x19\x03\x20", ContentJFFS2}, {0, "\x19\x85\x20\x03", ContentJFFS2}, // clean marker
	{0, "\x85\x19\x01\xe0", ContentJFFS2}, {0, "\x19\x85\xe0\x01", ContentJFFS2}, // directory entry
	{0, "\x85\x19\x02\xe0", ContentJFFS2}, {0, "\x19\x85\xe0\x02", ContentJFFS2}, // inode
	{0, "\x85\x19\x04\x20", ContentJFFS2}, {0, "\x19\x85\x20\x04", ContentJFFS2}, // padding
	{0, "\x85\x19\x06\x20", ContentJFFS2}, {0, "\x19\x85\x20\x06", ContentJFFS2}, // summary
	{0, "\x85\x19\x08\xe0", ContentJFFS2}, {0, "\x19\x85\xe0\x08", ContentJFFS2}, // xattr
	{0, "\x85\x19\x09\xe0", ContentJFFS2}, {0, "\x19\x85\xe0\x09", ContentJFFS2}, // xattr reference
	{0, "\x31\x18\x10\x06", ContentUBIFS},
	{0, "UBI#", ContentUBI},
	{0, "hsqs", ContentSquashfs}, {0, "sqsh", ContentSquashfs},
	{0, "OWRT", ContentFstools},
	{0, "\xde\xad\xc0\xde", ContentMarked},
	{1024, "\x10\x20\xf5\xf2", ContentF2FS},
	{1024 + 56, "\x53\xef", ContentExt4},
}

// identifySize is how much of the first erase block is looked at, in bytes.
const identifySize = flash.MinEraseSize

// Identify says what dev holds. A chain is a header in the first erase block,
// whole or damaged, or, where that block holds nothing known, the copy of a
// first entry in the back buffer.
func Identify(dev flash.Device) (Content, error) {
	a, err := newArea(dev)
	if err != nil {
		return ContentUnknown, err
	}
	if a.blocks() == 0 {
		return ContentUnknown, nil
	}
	b := make([]byte, identifySize)
	if _, err := a.ReadAt(b, 0); err != nil {
		return ContentUnknown, err
	}
	if _, err := decodeHeader(b[:HeaderSize]); !errors.Is(err, errNoHeader) {
		return ContentChain, nil
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b[s.off:], []byte(s.bytes)) {
			return s.content, nil
		}
	}
	c, err := Open(dev)
	switch {
	case err != nil:
		return ContentUnknown, err
	case len(c.entries) > 0:
		return ContentChain, nil
	case blank(b) || len(bytes.Trim(b, "\x00")) == 0:
		return ContentErased, nil
	}
	return ContentUnknown, nil
}
