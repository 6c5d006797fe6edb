// Package lz4hc compresses blocks of LZ4 well, and quickly enough to do it on the
// unit. Whatever reads LZ4 reads them.
//
// It looks for each match as the high-compression levels of the lz4 program do, along
// chains of places with the same hash, and before it takes one it sees whether a
// longer one starts at the next place. That is what the library that unpacks the
// blocks does not do at any of its levels: its blocks are larger, and take more time.
package lz4hc
