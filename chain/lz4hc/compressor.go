package lz4hc

import (
	"encoding/binary"
	"math/bits"
)

// Of the block format (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md).
const (
	minMatch     = 4
	lastMatch    = 12        // no match starts in the last 12 bytes of a block
	lastLiterals = 5         // and none reaches into the last 5
	window       = 1<<16 - 1 // the largest distance of a match
	tokenMax     = 15        // of either length in a token; what it is more follows
)

const (
	long     = 32 // for a match longer than that fewer are tried
	lazier   = 4
	enough   = 256 // a match as long as this is taken as it is
	hashBits = 16
	skipLog  = 9 // where nothing matches: one place more is passed over for so many literals
)

// Compressor compresses blocks, each for itself. It can be used again, and by one
// goroutine at a time.
type Compressor struct {
	// Depth is how many matches are tried at a place: the time it takes rises with it,
	// at most in proportion. With 64 a block is 1.5 % larger than with 1024, and one of
	// the same few words again and again 15 %.
	Depth int

	head [1 << hashBits]int32 // one more than the last place with a hash; 0: there is none
	prev [window + 1]uint16   // by the place, in the window: how far back is the one before it; 0: none, or too far
	next int                  // the first place that is not in the tables
}

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }

func hash(v uint32) uint32 { return v * 2654435761 >> (32 - hashBits) }

// insert takes all places before end into the tables.
func (c *Compressor) insert(src []byte, end int) {
	for i := c.next; i < end; i++ {
		h := hash(load32(src, i))
		d := i + 1 - int(c.head[h])
		if d > window || c.head[h] == 0 {
			d = 0
		}
		c.prev[i&window] = uint16(d)
		c.head[h] = int32(i + 1)
	}
	c.next = max(c.next, end)
}

// find returns the longest match at i, if it is longer than least, and how far back it
// is. It tries so many.
func (c *Compressor) find(src []byte, i, end, least, tries int) (length, distance int) {
	c.insert(src, i)
	best := least
	if i+best >= end {
		return 0, 0
	}
	first, last := load32(src, i), load32(src, i+best-3) // of a longer match, and so of any one that counts
	cand := int(c.head[hash(first)]) - 1
	for ; tries > 0 && cand >= 0 && i-cand <= window; tries-- {
		if load32(src, cand+best-3) == last && load32(src, cand) == first {
			if n := match(src, cand, i, end); n > best {
				best, distance = n, i-cand
				if n >= enough || i+best >= end {
					break
				}
				last = load32(src, i+best-3)
			}
		}
		d := int(c.prev[cand&window])
		if d == 0 {
			break
		}
		cand -= d
	}
	if distance == 0 {
		return 0, 0
	}
	return best, distance
}

// match returns for how many bytes what stands at a and at b is the same, up to end;
// a is before b.
func match(src []byte, a, b, end int) int {
	n := 0
	for b+n+8 <= end {
		if x := binary.LittleEndian.Uint64(src[a+n:]) ^ binary.LittleEndian.Uint64(src[b+n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n += 8
	}
	for b+n < end && src[a+n] == src[b+n] {
		n++
	}
	return n
}

// Append appends to dst the block that src is compressed to, which is longer than src
// where that does not compress: by a 255th and a few bytes at the most. A src has less
// than 2 GiB. The same src gives the same block with the same depth, whatever was compressed before.
func (c *Compressor) Append(dst, src []byte) []byte {
	clear(c.head[:])
	c.next = 0
	anchor, i := 0, 0
	end := len(src) - lastLiterals
	for limit := len(src) - lastMatch; i <= limit; {
		n, d := c.find(src, i, end, minMatch-1, c.Depth)
		if n == 0 {
			i += 1 + (i-anchor)>>skipLog
			continue
		}
		for n < enough && i < limit { // a match that starts one place later may be longer
			tries := c.Depth
			if n >= long {
				tries = max(tries/lazier, 1)
			}
			n1, d1 := c.find(src, i+1, end, n, tries)
			if n1 == 0 {
				break
			}
			i, n, d = i+1, n1, d1
		}
		dst = sequence(dst, src[anchor:i], n, d)
		i += n
		anchor = i
	}
	return literals(dst, src[anchor:], 0)
}

// sequence appends literals and a match.
func sequence(dst, text []byte, n, distance int) []byte {
	n -= minMatch
	dst = literals(dst, text, min(n, tokenMax))
	dst = append(dst, byte(distance), byte(distance>>8))
	if n >= tokenMax {
		dst = more(dst, n-tokenMax)
	}
	return dst
}

// literals appends a token with the length of a match, and literals.
func literals(dst, text []byte, match int) []byte {
	n := len(text)
	dst = append(dst, byte(min(n, tokenMax)<<4|match))
	if n >= tokenMax {
		dst = more(dst, n-tokenMax)
	}
	return append(dst, text...)
}

// more appends what a length has above that in the token.
func more(dst []byte, n int) []byte {
	for ; n >= 255; n -= 255 {
		dst = append(dst, 255)
	}
	return append(dst, byte(n))
}
