package chain

import "runtime"

// Tars reads the tars of several entries, one after the other. Where there are
// several processors, one of them reads ahead: it reads, checks and unpacks what
// comes next while what came before is used.
type Tars struct {
	c       *Chain
	entries []*Entry     // whose tars are still to come
	first   *chunkReader // of the first of them, or nil
	tar     *Tar         // that Next has returned last
	ahead   *ahead       // or nil

	unpacker unpacker // without ahead
	buf      []byte
}

// aheadLeast is for how many bytes of tars reading ahead is worth a goroutine: those of
// a small configuration are unpacked sooner than another thread runs.
const aheadLeast = 2 << 20

// Tars returns a reader of the tars of entries, which must be closed. As long as it
// is open, it may read from the flash at any time.
func (c *Chain) Tars(entries []*Entry) *Tars { return &Tars{c: c, entries: entries} }

// Next returns the tar of the next entry, with the errors of Chain.Tar. The one
// before it is closed.
func (t *Tars) Next() *Tar {
	var part func() ([]byte, error)
	if t.tar == nil && t.large() {
		t.ahead = readAhead(t)
	}
	if t.ahead != nil {
		if t.tar != nil {
			t.tar.skip()
		}
		part = t.ahead.next
	} else {
		r, err := t.open()
		if err == nil {
			part = func() ([]byte, error) { return t.unpacker.inTurn(&t.buf) }
			t.unpacker.start(r, t.entries[0].Unpacked)
		} else {
			part = func() ([]byte, error) { return nil, err }
		}
		t.entries = t.entries[1:]
	}
	if t.tar != nil {
		t.tar.Close()
	}
	t.tar = &Tar{part: part}
	return t.tar
}

// skip reads a tar to its end.
func (t *Tar) skip() {
	for t.err == nil {
		t.Next()
	}
}

// large reports whether it is worth to read ahead. A program may let Go use more
// processors than there are, and still there is one.
func (t *Tars) large() bool {
	if min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) == 1 {
		return false
	}
	n := int64(0)
	for _, e := range t.entries {
		n += e.Unpacked
	}
	return n >= aheadLeast
}

// open returns a reader of the payload of the first of the entries.
func (t *Tars) open() (*chunkReader, error) {
	if r := t.first; r != nil {
		t.first = nil
		return r, nil
	}
	return t.c.chunks(t.entries[0])
}

// Close ends the reading of all of them.
func (t *Tars) Close() {
	if t.tar != nil {
		t.tar.Close()
	}
	if t.ahead != nil {
		t.ahead.stop()
		t.ahead = nil
	}
	t.entries = nil
}
