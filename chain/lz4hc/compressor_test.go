package lz4hc_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"

	"chainroot/chain/lz4hc"
)

// samples are contents of all kinds and lengths.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(n, letters int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.IntN(letters))
		}
		return b
	}
	s := map[string][]byte{
		"zeros":           make([]byte, 1<<20),
		"noise":           noise(300_000, 256),
		"two letters":     noise(300_000, 2),
		"ten letters":     noise(300_000, 10),
		"far":             append(append(noise(5000, 256), make([]byte, 65_535-5000)...), noise(5000, 256)...),
		"text":            []byte(strings.Repeat("the quick brown fox jumps over the lazy dog, and over that one again; ", 9000)),
		"a long match":    bytes.Repeat(noise(70_000, 256), 3),
		"long literals":   append(noise(1000, 256), bytes.Repeat([]byte("abcdefgh"), 100)...),
		"the same places": bytes.Repeat(append(noise(60_000, 4), 'x'), 5),
	}
	far := noise(100, 256)
	for _, distance := range []int{65_534, 65_535, 65_536, 65_537} {
		s[fmt.Sprint("at ", distance)] = append(append(bytes.Clone(far), noise(distance-100, 256)...), append(bytes.Clone(far), make([]byte, 50)...)...)
	}
	for n := range 40 {
		s[fmt.Sprint(n, " zeros")] = make([]byte, n)
		s[fmt.Sprint(n, " letters")] = []byte("abababababababababababababababababababab"[:n])
	}
	for n := 250; n < 300; n++ { // lengths that just need another byte
		s[fmt.Sprint("literals ", n)] = append(noise(n, 256), make([]byte, 100)...)
		s[fmt.Sprint("match ", n)] = append(append([]byte("start"), make([]byte, n)...), "the end of it"...)
	}
	return s
}

// check compresses src and has another implementation unpack it.
func check(t testing.TB, c *lz4hc.Compressor, src []byte) []byte {
	t.Helper()
	block := c.Append([]byte("before"), src)
	if !bytes.HasPrefix(block, []byte("before")) {
		t.Fatal("what was there before is gone")
	}
	block = block[len("before"):]
	if most := len(src) + len(src)/255 + 16; len(block) > most {
		t.Errorf("%d bytes become %d, %d at the most", len(src), len(block), most)
	}
	got := make([]byte, len(src)+1)
	n, err := lz4.UncompressBlock(block, got)
	if err != nil || !bytes.Equal(got[:n], src) {
		t.Fatalf("%d bytes become %d, and those %d: %v", len(src), len(block), n, err)
	}
	ends(t, block, len(src))
	return block
}

// ends sees that a block keeps what the format asks of its end: the last sequence is
// of literals alone, five at least, and no match starts in the last twelve bytes.
func ends(t testing.TB, block []byte, size int) {
	t.Helper()
	length := func(n int) int {
		for more := byte(255); n >= 15 && more == 255; block = block[1:] {
			more = block[0]
			n += int(more)
		}
		return n
	}
	at, matches := 0, 0
	for {
		token := block[0]
		block = block[1:]
		literals := int(token >> 4)
		if literals == 15 {
			literals = length(15)
		}
		at += literals
		block = block[literals:]
		if len(block) == 0 {
			if matches > 0 && literals < 5 || at != size {
				t.Errorf("%d literals at the end, of %d bytes in %d", literals, size, at)
			}
			return
		}
		if at > size-12 {
			t.Errorf("a match at %d of %d", at, size)
		}
		block = block[2:]
		n := int(token & 15)
		if n == 15 {
			n = length(15)
		}
		at, matches = at+n+4, matches+1
	}
}

func TestAppend(t *testing.T) {
	for _, depth := range []int{0, 1, 64, 1024} {
		c := lz4hc.Compressor{Depth: depth}
		for name, src := range samples() {
			t.Run(fmt.Sprint(depth, "/", name), func(t *testing.T) {
				block := check(t, &c, src)
				if fresh := check(t, &lz4hc.Compressor{Depth: depth}, src); !bytes.Equal(block, fresh) {
					t.Error("after other blocks it is another one")
				}
			})
		}
	}
}

// A block of text is smaller than what the library that unpacks it makes of it: at any
// level, where as many matches are tried as at its highest, at a low one otherwise.
func TestSize(t *testing.T) {
	text, err := os.ReadFile("../FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("compressor_test.go")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, code...)
	for _, test := range []struct {
		depth int
		level lz4.CompressionLevel
	}{{1024, lz4.Level9}, {64, lz4.Level2}} {
		theirs := lz4.CompressorHC{Level: test.level}
		n, err := theirs.CompressBlock(text, make([]byte, lz4.CompressBlockBound(len(text))))
		if err != nil {
			t.Fatal(err)
		}
		if ours := len(check(t, &lz4hc.Compressor{Depth: test.depth}, text)); float64(ours) > 0.98*float64(n) {
			t.Errorf("depth %d makes %d bytes of %d, the library %d at level %v", test.depth, ours, len(text), n, test.level)
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, src := range samples() {
		if len(src) < 4096 {
			f.Add(src, uint8(1))
			f.Add(src, uint8(200))
		}
	}
	c := lz4hc.Compressor{Depth: 64}
	f.Fuzz(func(t *testing.T, src []byte, times uint8) {
		check(t, &c, bytes.Repeat(src, int(times)))
	})
}

func BenchmarkAppend(b *testing.B) {
	src := samples()["text"]
	c := lz4hc.Compressor{Depth: 64}
	var dst []byte
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		dst = c.Append(dst[:0], src)
	}
}
