package sha256

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"strings"
	"testing"
)

// Both forms are tested on any architecture: the one that a program gets, and the
// one in Go.
var forms = []struct {
	name string
	sum  func([]byte) [Size]byte
	new  func() hash.Hash
}{
	{"used", Sum256, New},
	{"portable", sum, func() hash.Hash { return newDigest() }},
}

// The vectors of NIST's "Examples with Intermediate Values", and of the CAVP's
// SHA256LongMsg for a million bytes.
func TestVectors(t *testing.T) {
	for _, v := range []struct{ name, message, want string }{
		{"nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"longer", "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
			"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
		{"a million a", strings.Repeat("a", 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	} {
		for _, form := range forms {
			t.Run(v.name+"/"+form.name, func(t *testing.T) {
				sum := form.sum([]byte(v.message))
				if got := hex.EncodeToString(sum[:]); got != v.want {
					t.Errorf("Sum256 gives %s, want %s", got, v.want)
				}
				h := form.new()
				fmt.Fprint(h, v.message)
				if got := hex.EncodeToString(h.Sum(nil)); got != v.want {
					t.Errorf("a digest gives %s, want %s", got, v.want)
				}
			})
		}
	}
}

// Every length around the ends of blocks, and whatever else.
func TestLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		if n >= 200 {
			n = r.IntN(20_000)
		}
		b := random(r, n)
		want := sha256.Sum256(b)
		for _, form := range forms {
			if got := form.sum(b); got != want {
				t.Fatalf("%s: %d bytes give %x, want %x", form.name, n, got, want)
			}
		}
	}
}

// However it is cut into writes, and whether or not a sum is taken in between.
func TestSplits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, form := range forms {
		h := form.new()
		for range 200 {
			h.Reset()
			whole := random(r, r.IntN(1000))
			var cuts []int
			for rest, at := whole, 0; len(rest) > 0; {
				n := r.IntN(min(len(rest), 1+r.IntN(200)) + 1)
				if got, err := h.Write(rest[:n]); got != n || err != nil {
					t.Fatalf("%s: Write gives %d, %v of %d bytes", form.name, got, err, n)
				}
				rest, at = rest[n:], at+n
				cuts = append(cuts, at)
				want := sha256.Sum256(whole[:at])
				if got := h.Sum([]byte("before")); !bytes.Equal(got, append([]byte("before"), want[:]...)) {
					t.Fatalf("%s: %d bytes cut at %v give %x, want %x after \"before\"", form.name, at, cuts, got, want)
				}
			}
		}
		if h.Size() != Size || h.BlockSize() != sha256.BlockSize {
			t.Errorf("%s: sizes %d and %d", form.name, h.Size(), h.BlockSize())
		}
	}
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// What it is for: chunks of a payload. "go" is what takes its place in programs
// for other systems.
func BenchmarkSum256(b *testing.B) {
	p := make([]byte, 64<<10)
	for _, v := range []struct {
		name string
		sum  func([]byte) [Size]byte
	}{{"portable", sum}, {"go", sha256.Sum256}} {
		b.Run(v.name, func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				v.sum(p)
			}
		})
	}
}
