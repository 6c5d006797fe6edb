// Package fstools reads the chain of OpenWrt's fstools, so that it can be
// written anew as a chain of ours. It writes nothing to flash.
//
//	| snapshot 1 | snapshot 2 | … | volatile |   free   | copy of the volatile |
//
// The facts are from fstools' libfstools/snapshot.c and snapshot.h, and from the
// script /sbin/snapshot that OpenWrt shipped with it:
//   - An entry starts on an erase block: a header of 32 bytes (header.go), then a
//     tar, gzip'd. The next one starts on the next erase block behind it. The
//     header does not say how large erase blocks are.
//   - A snapshot has the sequence number of the one before, plus one; the volatile
//     entry and its copy have that of the last snapshot. The first snapshot has
//     any number, and so has a volatile entry without snapshots.
//   - The copy takes the last erase blocks of the flash. It counts where the
//     volatile entry at the end of the row does not.
//   - The header is written before what it describes, and nothing but the MD5 in
//     it says that an entry is whole.
//   - A copy with a lower number than the last snapshot is of before that was
//     pushed, and means nothing any more: fstools erases it at the next boot.
//   - A header that is only magic is a mark, by which fstools asks for an empty
//     chain.
//
// What fstools itself does not show is read all the same:
//   - Its reader takes one erase block for the length of every entry, for it has
//     counted the length down to zero when it works out where the next one starts.
//     So it loses all snapshots behind one of several erase blocks; its writer
//     steps over them in the right way.
//   - It cannot unpack deletions that overlayfs made since Linux 3.18: they are
//     character devices, which a mounted overlay refuses to create. They count.
//   - It sorts entries by name, so that block 10 comes before block 4. Here the
//     order is that of the row.
//
// Caveat: fstools kept no extended attributes. A directory that hid what lies
// below it does not hide that any more, as on a unit that fstools booted.
//
// Read header.go and scan.go (what stands on the flash), row.go (where the row
// of entries leads), volatile.go, read.go (what counts), and tar.go (what is in
// it).
package fstools
