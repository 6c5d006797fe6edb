package sha256

// constants of section 4.2.2, one a round.
var constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

// blocks takes the whole blocks of p into state (section 6.2.2), and returns the rest
// of p.
//
// Eight rounds are written out, each with the working variables renamed: nothing moves
// from one to the next. With sixteen, and the whole schedule over a ring of 16 words, it
// is twice as large and no faster on MIPS. Nothing in it is a call, not even one that a
// compiler could inline: the programs of a unit are compiled without that. Rotations are
// the two shifts that they are on MIPS; compilers know them where there is an
// instruction.
func blocks(state *[8]uint32, p []byte) []byte {
	var schedule [64]uint32
	for len(p) >= blockSize {
		for t := range 16 {
			b := (*[4]byte)(p[4*t:])
			schedule[t] = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
		}
		for t := 0; t < 48; t += 4 {
			w := (*[20]uint32)(schedule[t:])
			var x, y uint32
			x, y = w[14], w[1]
			w[16] = w[0] + w[9] +
				((x>>17 | x<<15) ^ (x>>19 | x<<13) ^ x>>10) + ((y>>7 | y<<25) ^ (y>>18 | y<<14) ^ y>>3)
			x, y = w[15], w[2]
			w[17] = w[1] + w[10] +
				((x>>17 | x<<15) ^ (x>>19 | x<<13) ^ x>>10) + ((y>>7 | y<<25) ^ (y>>18 | y<<14) ^ y>>3)
			x, y = w[16], w[3]
			w[18] = w[2] + w[11] +
				((x>>17 | x<<15) ^ (x>>19 | x<<13) ^ x>>10) + ((y>>7 | y<<25) ^ (y>>18 | y<<14) ^ y>>3)
			x, y = w[17], w[4]
			w[19] = w[3] + w[12] +
				((x>>17 | x<<15) ^ (x>>19 | x<<13) ^ x>>10) + ((y>>7 | y<<25) ^ (y>>18 | y<<14) ^ y>>3)
		}

		a, b, c, d := state[0], state[1], state[2], state[3]
		e, f, g, h := state[4], state[5], state[6], state[7]
		// a ^ b of a round and of the one before, by turns: Maj is b ^ x&y.
		var x uint32
		y := b ^ c
		for t := 0; t < 64; t += 8 {
			k, w := (*[8]uint32)(constants[t:]), (*[8]uint32)(schedule[t:])
			h += k[0] + w[0] + ((e>>6 | e<<26) ^ (e>>11 | e<<21) ^ (e>>25 | e<<7)) + (g ^ e&(f^g))
			d += h
			x = a ^ b
			h += ((a>>2 | a<<30) ^ (a>>13 | a<<19) ^ (a>>22 | a<<10)) + (b ^ x&y)
			g += k[1] + w[1] + ((d>>6 | d<<26) ^ (d>>11 | d<<21) ^ (d>>25 | d<<7)) + (f ^ d&(e^f))
			c += g
			y = h ^ a
			g += ((h>>2 | h<<30) ^ (h>>13 | h<<19) ^ (h>>22 | h<<10)) + (a ^ y&x)
			f += k[2] + w[2] + ((c>>6 | c<<26) ^ (c>>11 | c<<21) ^ (c>>25 | c<<7)) + (e ^ c&(d^e))
			b += f
			x = g ^ h
			f += ((g>>2 | g<<30) ^ (g>>13 | g<<19) ^ (g>>22 | g<<10)) + (h ^ x&y)
			e += k[3] + w[3] + ((b>>6 | b<<26) ^ (b>>11 | b<<21) ^ (b>>25 | b<<7)) + (d ^ b&(c^d))
			a += e
			y = f ^ g
			e += ((f>>2 | f<<30) ^ (f>>13 | f<<19) ^ (f>>22 | f<<10)) + (g ^ y&x)
			d += k[4] + w[4] + ((a>>6 | a<<26) ^ (a>>11 | a<<21) ^ (a>>25 | a<<7)) + (c ^ a&(b^c))
			h += d
			x = e ^ f
			d += ((e>>2 | e<<30) ^ (e>>13 | e<<19) ^ (e>>22 | e<<10)) + (f ^ x&y)
			c += k[5] + w[5] + ((h>>6 | h<<26) ^ (h>>11 | h<<21) ^ (h>>25 | h<<7)) + (b ^ h&(a^b))
			g += c
			y = d ^ e
			c += ((d>>2 | d<<30) ^ (d>>13 | d<<19) ^ (d>>22 | d<<10)) + (e ^ y&x)
			b += k[6] + w[6] + ((g>>6 | g<<26) ^ (g>>11 | g<<21) ^ (g>>25 | g<<7)) + (a ^ g&(h^a))
			f += b
			x = c ^ d
			b += ((c>>2 | c<<30) ^ (c>>13 | c<<19) ^ (c>>22 | c<<10)) + (d ^ x&y)
			a += k[7] + w[7] + ((f>>6 | f<<26) ^ (f>>11 | f<<21) ^ (f>>25 | f<<7)) + (h ^ f&(g^h))
			e += a
			y = b ^ c
			a += ((b>>2 | b<<30) ^ (b>>13 | b<<19) ^ (b>>22 | b<<10)) + (c ^ y&x)
		}
		state[0], state[1], state[2], state[3] = state[0]+a, state[1]+b, state[2]+c, state[3]+d
		state[4], state[5], state[6], state[7] = state[4]+e, state[5]+f, state[6]+g, state[7]+h
		p = p[blockSize:]
	}
	return p
}
