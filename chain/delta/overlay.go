package delta

import "strings"

// The extended attributes of overlayfs, as in
// https://docs.kernel.org/filesystems/overlayfs.html. The same with "user." in
// front belong to overlays mounted with userxattr, which ours are not: they are
// content, such as the layers of a rootless container.
const (
	privateXattrs = "trusted.overlay."
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
	return strings.HasPrefix(name, privateXattrs) && !strings.HasPrefix(name, escapedXattrs)
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
