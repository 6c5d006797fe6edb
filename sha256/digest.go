package sha256

// Size is the size of a hash in bytes.
const Size = 32

// blockSize is what is hashed at once, in bytes.
const blockSize = 64

// digest is the SHA-256 of what was written to it so far. It is a hash.Hash.
type digest struct {
	state [8]uint32
	n     uint64          // bytes written
	rest  [blockSize]byte // the last n%blockSize of them
}

func newDigest() *digest {
	d := new(digest)
	d.Reset()
	return d
}

// Reset makes it the hash of nothing (section 5.3.3).
func (d *digest) Reset() {
	d.state = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	d.n = 0
}

// Size returns Size.
func (d *digest) Size() int { return Size }

// BlockSize returns the size in bytes that writes are best a multiple of.
func (d *digest) BlockSize() int { return blockSize }

// Write never fails.
func (d *digest) Write(p []byte) (int, error) {
	n := len(p)
	if held := int(d.n % blockSize); held > 0 {
		p = p[copy(d.rest[held:], p):]
		if held+n >= blockSize {
			blocks(&d.state, d.rest[:])
		}
	}
	d.n += uint64(n)
	if len(p) > 0 {
		copy(d.rest[:], blocks(&d.state, p))
	}
	return n, nil
}

// Sum appends the hash to b. More can be written afterwards.
func (d *digest) Sum(b []byte) []byte {
	s := d.state
	h := finish(&s, d.rest[:d.n%blockSize], d.n)
	return append(b, h[:]...)
}

// sum returns the SHA-256 of b.
func sum(b []byte) [Size]byte {
	var d digest
	d.Reset()
	rest := blocks(&d.state, b)
	return finish(&d.state, rest, uint64(len(b)))
}

// finish hashes what remains of n bytes with the padding (section 5.1.1), and
// returns the hash.
func finish(state *[8]uint32, rest []byte, n uint64) [Size]byte {
	var pad [2 * blockSize]byte
	end := blockSize
	if len(rest) > blockSize-9 {
		end = 2 * blockSize
	}
	pad[copy(pad[:], rest)] = 0x80
	for i := range 8 {
		pad[end-1-i] = byte(n << 3 >> (8 * i))
	}
	blocks(state, pad[:end])
	var h [Size]byte
	for i, s := range state {
		h[4*i], h[4*i+1], h[4*i+2], h[4*i+3] = byte(s>>24), byte(s>>16), byte(s>>8), byte(s)
	}
	return h
}
