package delta

import "strings"

// The extended attributes of overlayfs, as in
// https://docs.kernel.org/filesystems/overlayfs.html. Those with "user." in
// front are the same for a mount with userxattr.
const (
	privateXattrs = "trusted.overlay."
	userXattrs    = "user.overlay."
	// What a program sets as trusted.overlay.x through a mounted overlay, the
	// kernel keeps as trusted.overlay.overlay.x: that is content, not a mark.
	escapedXattrs = "trusted.overlay.overlay."

	opaqueXattr   = "trusted.overlay.opaque"
	whiteoutXattr = "trusted.overlay.whiteout"
	originXattr   = "trusted.overlay.origin"
	redirectXattr = "trusted.overlay.redirect"
	metacopyXattr = "trusted.overlay.metacopy"

	opaqueValue    = "y" // hides what lies below
	whiteoutsValue = "x" // only says: look for whiteoutXattr in here
)

// aclDefault is inherited by whatever is created in its directory.
const aclDefault = "system.posix_acl_default"

// isPrivate reports whether an extended attribute is overlayfs' own, so that it
// means nothing on another stack.
func isPrivate(name string) bool {
	return strings.HasPrefix(name, privateXattrs) && !strings.HasPrefix(name, escapedXattrs) ||
		strings.HasPrefix(name, userXattrs)
}

// marks is what overlayfs' own attributes say about a file.
type marks struct {
	opaque    bool // a directory: hides what lies below
	whiteouts bool // a directory: empty files in it may be whiteouts
	whiteout  bool // an empty file: is a whiteout, if its directory says whiteouts
}

// note takes up one attribute for which isPrivate holds.
func (m *marks) note(name, value string) {
	switch name {
	case opaqueXattr:
		m.opaque = value == opaqueValue
		m.whiteouts = value == whiteoutsValue
	case whiteoutXattr:
		m.whiteout = true
	}
}
