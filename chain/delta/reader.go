package delta

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// reader takes a tar apart, entry by entry. Names are not judged here, but by
// confiner.
type reader struct {
	r    parts
	win  []byte // what is not used up of a part, or of joint
	rest []byte // what follows win of the part after
	join []byte // the end of one part and the beginning of the next
	n    int64  // bytes used up
	left int64  // data of the current entry not used up
	pad  int64  // bytes after it

	pax     []byte   // scratch
	e       entry    // that next has returned
	records []record // of the entry to come
	long    struct{ name, link string }
	runs    []run
}

func newReader(r io.Reader) *reader { return &reader{r: partsOf(r)} }

// peek returns bytes of the stream that are not used up, at least n of them, which
// is no more than a few blocks. They are good until the next call.
func (r *reader) peek(n int) ([]byte, error) {
	for len(r.win) < n {
		if len(r.rest) == 0 {
			if len(r.win) > 0 { // the part that it lies in will be gone
				r.join = append(r.join[:0], r.win...)
				r.win = r.join
			}
			var err error
			if r.rest, err = r.r.Next(); err == io.EOF {
				return r.win, fmt.Errorf("%w: it ends at byte %d: %w",
					ErrFormat, r.n+int64(len(r.win)), io.ErrUnexpectedEOF)
			} else if err != nil {
				return nil, fmt.Errorf("cannot read the tar at byte %d: %w", r.n, err)
			}
		}
		if len(r.win) == 0 {
			r.win, r.rest = r.rest, nil
			continue
		}
		k := min(n-len(r.win), len(r.rest))
		r.join = append(r.join[:copy(r.join, r.win)], r.rest[:k]...) // win is the end of join
		r.win, r.rest = r.join, r.rest[k:]
	}
	return r.win, nil
}

// use marks n peeked bytes as used up.
func (r *reader) use(n int) {
	r.win = r.win[n:]
	r.n += int64(n)
}

// skip passes over n bytes.
func (r *reader) skip(n int64) error {
	for n > 0 {
		b, err := r.peek(1)
		if err != nil {
			return err
		}
		k := int(min(n, int64(len(b))))
		r.use(k)
		n -= int64(k)
	}
	return nil
}

// bytes reads n bytes of data and its padding. They stand in scratch memory,
// which grows only as far as there is data.
func (r *reader) bytes(n int64) ([]byte, error) {
	r.pax = r.pax[:0]
	for left := n; left > 0; {
		b, err := r.peek(1)
		if err != nil {
			return nil, err
		}
		b = b[:min(left, int64(len(b)))]
		r.pax = append(r.pax, b...)
		r.use(len(b))
		left -= int64(len(b))
	}
	return r.pax, r.skip(padding(n))
}

// next returns the next entry, or io.EOF after the end mark and what follows it
// were read. The entry and its runs are good until the next call.
func (r *reader) next() (*entry, error) {
	if err := r.skip(r.left + r.pad); err != nil {
		return nil, err
	}
	r.left, r.pad = 0, 0
	r.records = r.records[:0]
	r.long.name, r.long.link = "", ""
	extended := false
	for {
		b, err := r.peek(blockSize)
		if err != nil {
			return nil, err
		}
		b = b[:blockSize]
		if isZero(b) {
			if extended || r.long.name != "" || r.long.link != "" {
				return nil, fmt.Errorf("%w: an extended header without its entry", ErrFormat)
			}
			return nil, r.trailer()
		}
		var h header
		if err := h.decode(b); err != nil {
			return nil, fmt.Errorf("at byte %d: %w", r.n, err)
		}
		r.use(blockSize)
		if h.size < 0 || h.size > MaxSize {
			return nil, hostile(h.name, "has an impossible size")
		}
		switch h.typ {
		case typePAX:
			if extended {
				return nil, fmt.Errorf("%w: two extended headers for one entry", ErrFormat)
			}
			extended = true
			err = r.readPAX(&h, false)
		case typeGlobalPAX:
			err = r.readPAX(&h, true)
		case typeLongName:
			r.long.name, err = r.readLong(&h)
		case typeLongLink:
			r.long.link, err = r.readLong(&h)
		default:
			return r.entry(&h)
		}
		if err != nil {
			return nil, err
		}
	}
}

// trailer reads the end mark, two blocks of zeros, and the zeros after it up to
// the end of the stream.
func (r *reader) trailer() error {
	b, err := r.peek(2 * blockSize)
	if err != nil {
		return err
	}
	if !isZero(b[:2*blockSize]) {
		return fmt.Errorf("%w: a lone block of zeros at byte %d", ErrFormat, r.n)
	}
	r.use(2 * blockSize)
	for n := 0; n <= MaxTrailer; {
		b, err := r.peek(1)
		if errors.Is(err, io.ErrUnexpectedEOF) && errors.Is(err, ErrFormat) {
			return io.EOF
		} else if err != nil {
			return err
		}
		b = b[:min(len(b), grain)]
		if !isZero(b) {
			return fmt.Errorf("%w: data after its end at byte %d", ErrFormat, r.n)
		}
		r.use(len(b))
		n += len(b)
	}
	return fmt.Errorf("%w: more than %d zeros after the end of the tar", ErrHostile, MaxTrailer)
}

// readLong reads a GNU long name.
func (r *reader) readLong(h *header) (string, error) {
	if h.size == 0 || h.size > MaxPath+1 {
		return "", fmt.Errorf("%w: a name of %d bytes", ErrHostile, h.size)
	}
	b, err := r.bytes(h.size)
	return strings.TrimSuffix(string(b), "\x00"), err
}

// readPAX reads extended records. Of a global header nothing is taken up: one
// that says more than a comment is refused.
func (r *reader) readPAX(h *header, global bool) error {
	if h.size > MaxPAX {
		return fmt.Errorf("%w: PAX records of %d bytes, the limit is %d", ErrHostile, h.size, MaxPAX)
	}
	b, err := r.bytes(h.size)
	if err != nil {
		return err
	}
	return parseRecords(b, func(key, value []byte) error {
		switch {
		case slices.Contains(paxIgnored, string(key)):
		case global:
			return fmt.Errorf("%w: a global PAX header sets %.40q", ErrFormat, key)
		default:
			r.records = append(r.records, record{string(key), string(value)})
		}
		return nil
	})
}

// entry puts an entry together from its header and the records before it.
func (r *reader) entry(h *header) (*entry, error) {
	r.e = entry{path: h.name, link: h.link}
	e := &r.e
	if r.long.name != "" {
		e.path = r.long.name
	}
	if r.long.link != "" {
		e.link = r.long.link
	}
	s := sparseHeader{realSize: -1}
	e.Mode, e.Sec = uint32(h.mode&0o7777), h.sec
	for _, rec := range r.records {
		if err := e.apply(h, &s, rec.key, rec.value); err != nil {
			return nil, err
		}
	}
	if s.name != "" {
		e.path = s.name
	}
	if h.uid < 0 || h.uid > MaxID || h.gid < 0 || h.gid > MaxID {
		return nil, hostile(e.path, "has the impossible owner %d:%d", h.uid, h.gid)
	}
	e.UID, e.GID = uint32(h.uid), uint32(h.gid)
	if err := e.setKind(h); err != nil {
		return nil, err
	}
	sortXattrs(e.Xattrs)
	for i := 1; i < len(e.Xattrs); i++ {
		if e.Xattrs[i].Name == e.Xattrs[i-1].Name {
			return nil, hostile(e.path, "has the extended attribute %s twice", quote(e.Xattrs[i].Name))
		}
	}
	if e.kind != regular {
		if h.size != 0 || s.set {
			return nil, hostile(e.path, "is a %v with data", e.kind)
		}
		return e, nil
	}
	r.left, r.pad = h.size, padding(h.size)
	return e, r.layout(e, &s)
}

// content calls each with the data of the current entry, in order. Every piece
// lies within one run and ends at a multiple of grain or at the end of the run;
// it is good until each returns. What lies between the runs is zeros.
func (r *reader) content(e *entry, each func(off int64, p []byte) error) error {
	for _, run := range e.runs {
		for run.len > 0 {
			b, err := r.peek(int(min(run.len, grain)))
			if err != nil {
				return err
			}
			if int64(len(b)) >= run.len {
				b = b[:run.len]
			} else if end := (run.off + int64(len(b))) / grain * grain; end > run.off {
				b = b[:end-run.off]
			}
			if err := each(run.off, b); err != nil {
				return err
			}
			r.use(len(b))
			r.left -= int64(len(b))
			run.off += int64(len(b))
			run.len -= int64(len(b))
		}
	}
	return nil
}
