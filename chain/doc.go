// Package chain keeps the committed states of a unit as a hash-linked row of
// entries on flash. FORMAT.md is the format, byte by byte; the tests pin every
// offset it names.
//
// What it promises: after a power cut at any flash operation the chain shows
// the state before or the state after the command, whole; what a command
// returned success for stays; and nothing that was replaced or rolled back
// comes back.
//
// How, in one place each:
//   - header.go and record.go: the structures on flash, and nothing else
//     decides whether bytes are one of them;
//   - layout.go: where the parts of an entry stand;
//   - area.go: the erase blocks that are not bad, as one row;
//   - walk.go: which entries there are, which is what a boot shows. Every
//     command ends by walking again and comparing;
//   - payload.go: a tar as it is stored; compress.go makes it, unpack.go is the way
//     back: tars.go for several entries, ahead.go on a processor of its own;
//     chunk.go: not a byte gets to the decompressor (frame.go) before its hash was
//     checked;
//   - write.go: an entry to flash, through the back buffer where something
//     stands at its home; settle.go: from there to its home, also what a cut has
//     left half done;
//   - change.go: promote, retire and restore, by one record each; trial.go: an
//     entry whose boots are counted until it is confirmed; history.go: what the
//     records tell; compact.go: a
//     new chain in place of the old one; pin.go: what stays as it is; read.go and repair.go: what a power cut
//     has left, and how it is settled; bad.go: blocks that go bad in a command;
//   - identify.go: what a partition holds that is not a chain; space.go: how the
//     flash is used, and for which geometry it was written; map.go: each block;
//   - lineage.go: what a state is called on any flash; export.go and readexport.go:
//     entries as a file; import.go: from there into a chain.
//
// The package runs on any system, only devices are particular to Linux. It is
// not for two writers at a time: the caller holds a lock.
package chain
