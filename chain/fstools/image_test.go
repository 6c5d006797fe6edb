package fstools_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"chainroot/chain/fstools"
	"chainroot/flash"
)

// memory is a device that can only be read.
type memory struct {
	b          []byte
	erase      int
	unreadable int64 // reads of this offset fail; 0: none do
	reads      int
	readBytes  int64
}

func (m *memory) Geometry() flash.Geometry {
	return flash.Geometry{Size: int64(len(m.b)), EraseSize: m.erase, WriteSize: 1}
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	m.reads++
	m.readBytes += int64(len(p))
	if off < 0 || off+int64(len(p)) > int64(len(m.b)) {
		panic("a read outside of the device")
	}
	if m.unreadable > 0 && off <= m.unreadable && m.unreadable < off+int64(len(p)) {
		return 0, syscall.EIO
	}
	return copy(p, m.b[off:]), nil
}

func (m *memory) Program([]byte, int64) error { panic("a program") }
func (m *memory) Erase(int) error             { panic("an erase") }
func (m *memory) IsBad(int) (bool, error)     { return false, nil }
func (m *memory) MarkBad(int) error           { panic("a block marked bad") }
func (m *memory) Sync() error                 { panic("a sync") }
func (m *memory) Close() error                { return nil }

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unitImage is the flash of a unit that fstools ran on: erase blocks of 64 KiB,
// a snapshot of four of them, one of one, a volatile entry and its copy.
func unitImage(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open("testdata/chain-64k.img.gz")
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	b, err := io.ReadAll(z)
	must(t, err)
	return b
}

// files is what is in a tar, by name.
type files map[string]string

// read returns the files of an entry, as fstools wrote them.
func read(t testing.TB, c *fstools.Chain, e *fstools.Entry) files {
	t.Helper()
	r, err := c.Tar(e)
	must(t, err)
	all := files{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return all
		}
		must(t, err)
		b, err := io.ReadAll(tr)
		must(t, err)
		all[h.Name] = string(b)
	}
}

// tarOf returns the gzip'd tar of one file.
func tarOf(t testing.TB, name, content string) []byte {
	t.Helper()
	return tarWith(t, &tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}, content)
}

// tarWith returns the gzip'd tar of one member.
func tarWith(t testing.TB, h *tar.Header, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	h.Format = tar.FormatGNU
	must(t, w.WriteHeader(h))
	_, err := io.WriteString(w, content)
	must(t, errors.Join(err, w.Close()))
	return compressed(t, b.Bytes())
}

func compressed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	must(t, errors.Join(err, z.Close()))
	return out.Bytes()
}

// erased returns the flash of n bytes.
func erased(n int) []byte { return bytes.Repeat([]byte{0xFF}, n) }

// put writes an entry as a little-endian unit does, and returns what it wrote.
func put(b []byte, off int, typ string, sequence uint32, content []byte) []byte {
	be := binary.BigEndian
	h := append([]byte("OWRT"), typ...)
	h = be.AppendUint32(h, sequence)
	h = be.AppendUint32(h, uint32(len(content)))
	s := md5.Sum(content)
	for i := 0; i < len(s); i += 4 {
		h = be.AppendUint32(h, binary.LittleEndian.Uint32(s[i:]))
	}
	n := copy(b[off:], append(h, content...))
	return b[off : off+n]
}
