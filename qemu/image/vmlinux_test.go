package image

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"testing"
)

// bzImage makes a kernel image with a payload behind three sectors.
func bzImage(payload string) []byte {
	b := make([]byte, 3*512, 3*512+len(payload)+4)
	b[setupSectsAt] = 1
	copy(b[magicAt:], "HdrS")
	binary.LittleEndian.PutUint32(b[payloadOffsetAt:], 512)
	binary.LittleEndian.PutUint32(b[payloadLengthAt:], uint32(len(payload)+4))
	return append(append(b, payload...), "size"...)
}

func TestKernelPayload(t *testing.T) {
	const xz = "\xfd7zXZ\x00compressed"
	got, err := kernelPayload(bzImage(xz))
	if err != nil || string(got) != xz {
		t.Errorf("%q, %v", got, err)
	}
	good := bzImage(xz)
	for name, bad := range map[string][]byte{
		"empty":       nil,
		"short":       good[:headerEnd-1],
		"cut off":     good[:len(good)-5],
		"no magic":    bytes.Replace(good, []byte("HdrS"), []byte("hdrs"), 1),
		"another way": bzImage("\x1f\x8bcompressed"),
		"negative":    bzImage("")[:3*512],
	} {
		if _, err := kernelPayload(bad); !errors.Is(err, errBzImage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKernelImage(t *testing.T) {
	arm64 := append(make([]byte, imageMagicAt), "ARM\x64 and more"...)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(arm64); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ in, want []byte }{
		"ELF":        {[]byte("\x7fELF kernel"), []byte("\x7fELF kernel")},
		"Image":      {arm64, arm64},
		"gzip Image": {packed.Bytes(), arm64},
	} {
		if got, err := kernelImage(test.in); err != nil || !bytes.Equal(got, test.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := kernelImage(make([]byte, 4096)); err == nil {
		t.Error("zeros are taken for a kernel")
	}
}
