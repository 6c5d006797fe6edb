package chain

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// halfNoise returns n bytes that compress by half.
func halfNoise(n int) []byte {
	r, b := rand.New(rand.NewPCG(7, 8)), make([]byte, n)
	for i := range b {
		if i/50%2 == 0 {
			b[i] = byte(r.Uint32())
		}
	}
	return b
}

// frameOf is what another program makes of a tar.
func frameOf(t *testing.T, tar []byte, options ...lz4.Option) []byte {
	t.Helper()
	var b bytes.Buffer
	z := lz4.NewWriter(&b)
	if err := z.Apply(options...); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(tar); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Of the frames of others those are read that FORMAT.md allows.
func TestFramesOfOthers(t *testing.T) {
	tar := halfNoise(5<<20 + 100)
	for name, options := range map[string][]lz4.Option{
		"blocks of 64 KiB":  {lz4.BlockSizeOption(lz4.Block64Kb)},
		"blocks of 256 KiB": {lz4.BlockSizeOption(lz4.Block256Kb)},
		"blocks of 1 MiB":   {lz4.BlockSizeOption(lz4.Block1Mb)},
		"blocks of 4 MiB":   {lz4.BlockSizeOption(lz4.Block4Mb)},
		"all checksums":     {lz4.BlockSizeOption(lz4.Block256Kb), lz4.ChecksumOption(true), lz4.BlockChecksumOption(true)},
		"with its size":     {lz4.BlockSizeOption(lz4.Block256Kb), lz4.SizeOption(uint64(len(tar)))},
		"stored":            {lz4.BlockSizeOption(lz4.Block64Kb), lz4.CompressionLevelOption(lz4.Fast)},
	} {
		frame := frameOf(t, tar, options...)
		got, err := io.ReadAll((&Payload{frame: frame, unpacked: int64(len(tar))}).Tar())
		if err != nil || !bytes.Equal(got, tar) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(tar), err)
		}
	}
}

func TestFramesThatAreNone(t *testing.T) {
	tar := halfNoise(100_000)
	good := frameOf(t, tar, lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false))
	with := func(at int, b byte) []byte {
		f := bytes.Clone(good)
		f[at] = b
		return f
	}
	for name, frame := range map[string][]byte{
		"nothing":                    {},
		"another magic":              with(0, 5),
		"another version":            with(4, 0x20),
		"blocks that need others":    with(4, 0x40),
		"a reserved flag":            with(4, 0x62),
		"a dictionary":               with(4, 0x61),
		"blocks of no size":          with(5, 0x30),
		"reserved bits of the size":  with(5, 0x41),
		"a block of 128 KiB":         with(9, 2),
		"legacy":                     frameOf(t, tar, lz4.LegacyOption(true)),
		"two of them":                append(bytes.Clone(good), good...),
		"a byte behind it":           append(bytes.Clone(good), 0),
		"a skippable one before":     append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00skip"), good...),
		"its end cut off":            good[:len(good)-1],
		"a block cut off":            good[:1000],
		"a block without its length": good[:8],
	} {
		got, err := io.ReadAll((&Payload{frame: frame, unpacked: int64(len(tar))}).Tar())
		if !errors.Is(err, ErrDamaged) || len(got) > len(tar) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	for _, unpacked := range []int{len(tar) - 1, len(tar) + 1, 0, 1 << 20} {
		if _, err := io.ReadAll((&Payload{frame: good, unpacked: int64(unpacked)}).Tar()); !errors.Is(err, ErrDamaged) {
			t.Errorf("announced as %d bytes: %v", unpacked, err)
		}
	}
}

// The lz4 program reads our frames, and we read its.
func TestFramesOfTheProgram(t *testing.T) {
	program, err := exec.LookPath("lz4")
	if err != nil {
		t.Skip("the program lz4 is not installed")
	}
	run := func(in []byte, args ...string) []byte {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Stdin = bytes.NewReader(in)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("lz4 %v: %v", args, err)
		}
		return out
	}
	for _, n := range []int{0, 1, 1000, frameBlock, frameBlock + 1, 5 << 20} {
		tar := halfNoise(n)
		w := NewPayloadWriter()
		w.Write(tar)
		p, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if got := run(p.frame, "-dc"); !bytes.Equal(got, tar) {
			t.Errorf("of our %d bytes lz4 makes %d", n, len(got))
		}
		for _, level := range []string{"-1", "-9"} {
			theirs := &Payload{frame: run(tar, level, "-c"), unpacked: int64(n)}
			if got, err := io.ReadAll(theirs.Tar()); err != nil || !bytes.Equal(got, tar) {
				t.Errorf("of %d bytes of lz4 %s we make %d, %v", n, level, len(got), err)
			}
		}
	}
}
