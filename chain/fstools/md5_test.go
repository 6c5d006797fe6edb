package fstools

import (
	"crypto/md5"
	"encoding/hex"
	"testing"
)

// The test suite of RFC 1321 (section A.5).
func TestMD5OfTheRFC(t *testing.T) {
	for message, want := range map[string]string{
		"":                           "d41d8cd98f00b204e9800998ecf8427e",
		"a":                          "0cc175b9c0f1b6a831c399e269772661",
		"abc":                        "900150983cd24fb0d6963f7d28e17f72",
		"message digest":             "f96b697d7cb7938d525a2f31aaf161d0",
		"abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789":                   "d174ab98d277d9f5a5611c2c9f419d9f",
		"12345678901234567890123456789012345678901234567890123456789012345678901234567890": "57edf4a22be3c955ac49da2e2107b67a",
	} {
		if s := md5sum([]byte(message)); hex.EncodeToString(s[:]) != want {
			t.Errorf("%q has %x, want %s", message, s, want)
		}
	}
}

// Every length around the ends of blocks.
func TestMD5Lengths(t *testing.T) {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(i * i)
		if got, want := md5sum(b[:i]), sum(md5.Sum(b[:i])); got != want {
			t.Fatalf("%d bytes have %x, want %x", i, got, want)
		}
	}
}
