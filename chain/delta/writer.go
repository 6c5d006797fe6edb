package delta

import (
	"fmt"
	"io"
	"strconv"
)

// writeBuffer is the size of a writer's buffer, in bytes. What is as large
// passes it by.
const writeBuffer = 128 << 10

// paxHeaderName is the name of extended headers: one for all, that compresses.
const paxHeaderName = "././@PaxHeader"

// writer writes a tar.
type writer struct {
	w       io.Writer
	buf     []byte
	n       int64 // bytes written so far, with those in buf
	left    int64 // data of the current entry still to come
	pad     int64 // zeros after it
	records []record
	pax     []byte // scratch: the records, encoded
	holes   []byte // scratch: the sparse map, encoded
}

func newWriter(w io.Writer) *writer {
	return &writer{w: w, buf: make([]byte, 0, writeBuffer)}
}

// flush writes out what is in the buffer.
func (w *writer) flush() error {
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	if err != nil {
		return fmt.Errorf("cannot write the tar: %w", err)
	}
	return nil
}

// write writes b.
func (w *writer) write(b []byte) error {
	w.n += int64(len(b))
	if len(w.buf)+len(b) > cap(w.buf) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if len(b) >= writeBuffer {
		if _, err := w.w.Write(b); err != nil {
			return fmt.Errorf("cannot write the tar: %w", err)
		}
		return nil
	}
	w.buf = append(w.buf, b...)
	return nil
}

// block encodes one header block.
func (w *writer) block(h *header) error {
	var b [blockSize]byte
	h.encode(b[:])
	return w.write(b[:])
}

// put is what the header field holds of n; what does not fit becomes a record.
func (w *writer) put(f field, key string, n int64) int64 {
	if !f.fits(n) {
		w.records = append(w.records, record{key, strconv.FormatInt(n, 10)})
		return 0
	}
	return n
}

// types are the entry types of kinds.
var types = [...]byte{regular: typeRegular, directory: typeDirectory, symlink: typeSymlink,
	charDevice: typeChar, blockDevice: typeBlock, fifo: typeFIFO, whiteout: typeChar, hardLink: typeLink}

// header writes the headers of e. If e has runs, its data is those alone, with
// their map before them. As many bytes of data must follow, in order, then end.
func (w *writer) header(e *entry) error {
	w.records = w.records[:0]
	h := header{name: e.path, link: e.link, typ: types[e.kind], mode: int64(e.Mode),
		sec: e.Sec, major: int64(e.major), minor: int64(e.minor)}
	if e.kind == directory {
		if h.name += "/"; e.path == "" {
			h.name = "./"
		}
	}
	size := int64(0)
	if e.kind == regular {
		size = e.size
	}
	if e.runs != nil {
		w.holes = appendMap(w.holes[:0], e.runs, e.size)
		size = int64(len(w.holes))
		for _, r := range e.runs {
			size += r.len
		}
		w.records = append(w.records, record{paxSparseMajor, "1"}, record{paxSparseMinor, "0"},
			record{paxSparseName, e.path}, record{paxSparseRealSize, strconv.FormatInt(e.size, 10)})
		dir, name := split(e.path)
		h.name = join(join(dir, "GNUSparseFile.0"), name) // what a tar that knows no holes makes of it
	} else if len(h.name) > fName.len {
		w.records = append(w.records, record{paxPath, h.name})
	}
	if len(h.link) > fLink.len {
		w.records = append(w.records, record{paxLink, h.link})
	}
	h.uid = w.put(fUID, paxUID, int64(e.UID))
	h.gid = w.put(fGID, paxGID, int64(e.GID))
	h.size = w.put(fSize, paxSize, size)
	if e.Nsec != 0 || !fTime.fits(e.Sec) {
		w.records = append(w.records, record{paxTime, formatTime(e.Sec, e.Nsec)})
	}
	if e.opaque {
		w.records = append(w.records, record{paxXattr + opaqueXattr, opaqueValue})
	}
	for _, x := range e.Xattrs {
		w.records = append(w.records, record{paxXattr + xattrKey.Replace(x.Name), x.Value})
	}
	if err := w.extended(e.path); err != nil {
		return err
	}
	if err := w.block(&h); err != nil {
		return err
	}
	w.left, w.pad = size, padding(size)
	if e.runs != nil {
		return w.data(w.holes)
	}
	return nil
}

// extended writes the records, if there are any.
func (w *writer) extended(path string) error {
	if len(w.records) == 0 {
		return nil
	}
	w.pax = appendRecords(w.pax[:0], w.records)
	n := int64(len(w.pax))
	if n > MaxPAX {
		return fmt.Errorf("cannot pack %s: its extended attributes take %d bytes, the limit is %d", quote(path), n, MaxPAX)
	}
	if err := w.block(&header{name: paxHeaderName, typ: typePAX, size: n}); err != nil {
		return err
	}
	if err := w.write(w.pax); err != nil {
		return err
	}
	return w.write(zeros[:padding(n)])
}

// data writes data of the current entry.
func (w *writer) data(b []byte) error {
	if w.left -= int64(len(b)); w.left < 0 {
		return fmt.Errorf("cannot write the tar: %d bytes more than the header says", -w.left)
	}
	return w.write(b)
}

// end ends the current entry.
func (w *writer) end() error {
	if w.left != 0 {
		return fmt.Errorf("cannot write the tar: %d bytes less than the header says", w.left)
	}
	return w.write(zeros[:w.pad])
}

// close writes the end mark and all that is in the buffer.
func (w *writer) close() error {
	if err := w.write(zeros[:2*blockSize]); err != nil {
		return err
	}
	return w.flush()
}
