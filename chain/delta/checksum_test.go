package delta

import (
	"math/rand/v2"
	"testing"
)

// The checksum of eight bytes at a time is that of one at a time.
func TestChecksum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, blockSize)
	for round := range 1000 {
		for i := range b {
			switch round {
			case 0:
				b[i] = 0xFF
			case 1:
				b[i] = 0x80
			default:
				b[i] = byte(r.Uint32())
			}
		}
		var unsigned, signed int64
		for i, c := range b {
			if i >= 148 && i < 156 {
				c = ' '
			}
			unsigned, signed = unsigned+int64(c), signed+int64(int8(c))
		}
		if u, s := checksum(b), signedChecksum(b); u != unsigned || s != signed {
			t.Fatalf("round %d: %d and %d, want %d and %d", round, u, s, unsigned, signed)
		}
	}
}

// A header may have the checksum of signed bytes.
func TestSignedChecksum(t *testing.T) {
	b := make([]byte, blockSize)
	h := header{name: "\xe4", typ: typeRegular}
	for add, want := range []bool{true, false} {
		h.encode(b)
		fChecksum.putNumber(b, signedChecksum(b)+int64(add))
		if err := new(header).decode(b); (err == nil) != want {
			t.Errorf("with the checksum and %d: %v", add, err)
		}
	}
}
