// Package delta turns the upper directory of an overlay into a tar and back.
//
// It promises:
//
//   - Pack and Replay are inverse: what Pack read, Replay makes again, down to
//     nanoseconds, extended attributes, holes, whiteouts and opaque marks, and
//     packing that gives the same bytes again.
//   - The same tree gives the same bytes, whatever the file system it lies on.
//   - Replaying several tars into one upper directory shows what stacking each
//     of them as an overlay layer of its own would show.
//   - Fold makes one tar of several that shows, wherever it is replayed, what
//     they do; the same tars give the same bytes.
//   - Repack makes of one tar what Fold makes of it, in memory, without root; Layer
//     does so of a tar that anybody has made, such as a layer of an OCI image.
//   - Compare tells what differs between two trees as they show on the firmware.
//   - Whether a tar is refused is decided by that tar alone, not by what was
//     replayed before it; and whatever it says, Replay changes nothing outside
//     the upper directory.
//   - GNU tar reads what Pack writes (tar --xattrs --xattrs-include='*'), and
//     Replay reads what GNU tar writes in its posix and gnu formats.
//
// Read header.go, pax.go and entry.go (what stands in the tar), sparse.go and
// sparsemap.go (holes), reader.go and writer.go, then confine.go (what is
// refused), overlay.go (the marks of overlayfs), node.go, tree.go and diff.go
// (trees in memory and their difference), and at last scan_linux.go,
// pack_linux.go and replay_linux.go, which touch the file system through
// directory descriptors (dirs_linux.go, attrs_linux.go, content_linux.go);
// known_linux.go is what a replay knows of directories.
// fold_linux.go is made of these; repack.go and layer.go do without the file system, and
// members.go writes its trees and those of Pack. find.go and compare.go look into
// trees, root_linux.go into the firmware; exclude.go stands by itself, and choice.go
// with defaults.go on it.
//
// Caveats: Pack and Replay need root, and /proc for the extended attributes of
// what cannot be opened (links, devices, pipes). Pack reads a live directory;
// it writes each file as it was at one moment, but not all files as of the same
// moment. A failed Replay leaves the upper directory half changed: the caller
// throws it away.
package delta
