package delta

import (
	"bytes"
	"encoding/binary"
	"hash"
	"strconv"

	"chainroot/sha256"
)

// grain is what a hole is made of: a block of the file at a multiple of grain
// bytes that holds only zeros (the last one may be shorter) is a hole, whether
// the file system keeps it as one or not. So the same content gives the same
// runs everywhere; and it is a page, the least that a hole saves on a tmpfs.
const grain = 4096

var zeros [grain]byte

// run is a stretch of data in a file with holes, in bytes.
type run struct{ off, len int64 }

func (r run) end() int64 { return r.off + r.len }

// isZero reports whether b, no longer than grain, holds only zeros.
func isZero(b []byte) bool {
	return len(b) == 0 || b[0] == 0 && b[len(b)-1] == 0 && bytes.Equal(b, zeros[:len(b)])
}

// runList collects the runs of a file. If there are more than MaxRuns, only
// those holes count that hold a whole block of twice, four times, … the grain:
// the outcome still depends on the content alone.
type runList struct {
	runs  []run
	grain int64
	data  int64 // bytes in runs
}

// reset empties l.
func (l *runList) reset() { l.runs, l.grain, l.data = l.runs[:0], grain, 0 }

// add looks at p, which stands at off, a multiple of grain. Its length is a
// multiple of grain too, or it is the end of the file. What is never added is a
// hole.
func (l *runList) add(off int64, p []byte) {
	for len(p) > 0 {
		n := min(len(p), grain)
		if !isZero(p[:n]) {
			l.addRun(run{off, int64(n)})
		}
		p, off = p[n:], off+int64(n)
	}
}

// addRun appends a run, or makes the last one longer if no hole that counts
// lies between them.
func (l *runList) addRun(r run) {
	if i := len(l.runs) - 1; i >= 0 && !l.hole(l.runs[i].end(), r.off) {
		l.data += r.end() - l.runs[i].end()
		l.runs[i].len = r.end() - l.runs[i].off
		return
	}
	l.runs = append(l.runs, r)
	l.data += r.len
	if len(l.runs) > MaxRuns {
		old := l.runs
		l.runs, l.data, l.grain = l.runs[:0], 0, l.grain*2
		for _, r := range old {
			l.addRun(r)
		}
	}
}

// hole reports whether a whole block of l's grain lies between a and b.
func (l *runList) hole(a, b int64) bool {
	return (a+l.grain-1)/l.grain < b/l.grain
}

// sparse reports whether a file of this size is worth the sparse form: it has a
// whole block of zeros.
func (l *runList) sparse(size int64) bool { return size-l.data >= grain }

// appendMap appends GNU's sparse map 1.0 to b, filled up to whole blocks: the
// number of runs, then offset and length of each, all in decimal with a newline.
// A run of length 0 at the end of the file stands for a hole there, without
// which GNU tar would make the file too short.
func appendMap(b []byte, runs []run, size int64) []byte {
	start := len(b)
	n := len(runs)
	tail := n == 0 || runs[n-1].end() < size
	if tail {
		n++
	}
	number := func(n int64) { b = append(strconv.AppendInt(b, n, 10), '\n') }
	number(int64(n))
	for _, r := range runs {
		number(r.off)
		number(r.len)
	}
	if tail {
		number(size)
		number(0)
	}
	return append(b, zeros[:padding(int64(len(b)-start))]...)
}

// checkRuns refuses runs that are not in order, overlap, reach past size or do
// not add up to data bytes. It returns them without the empty ones.
func checkRuns(path string, runs []run, size, data int64) ([]run, error) {
	kept := runs[:0]
	end, sum := int64(0), int64(0)
	for _, r := range runs {
		if r.off < end || r.off > size || r.len < 0 || r.len > size-r.off {
			return nil, hostile(path, "has a sparse map that overlaps or passes its size")
		}
		end = r.end()
		if sum += r.len; r.len > 0 {
			kept = append(kept, r)
		}
	}
	if sum != data {
		return nil, hostile(path, "has a sparse map of %d bytes and %d bytes of data", sum, data)
	}
	return kept, nil
}

// blocks puts a file together from pieces that come in order. What is left out
// is zeros.
type blocks struct {
	// put takes each block that pieces lay in: grain bytes at a multiple of it,
	// the last one of a file filled up with zeros.
	put    func(off int64, block []byte)
	block  [grain]byte // one that came in pieces
	filled int
	off    int64 // of block
}

// write takes up p at off.
func (s *blocks) write(off int64, p []byte) {
	for len(p) > 0 {
		block := off / grain * grain
		if s.filled > 0 && s.off != block {
			s.flush()
		}
		at := int(off - block)
		if at == 0 && s.filled == 0 && len(p) >= grain {
			s.put(off, p[:grain])
			p, off = p[grain:], off+grain
			continue
		}
		s.off = block
		clear(s.block[s.filled:at])
		n := copy(s.block[at:], p)
		s.filled = at + n
		p, off = p[n:], off+int64(n)
		if s.filled == grain {
			s.flush()
		}
	}
}

// flush puts the block that came in pieces, if there is one; the caller has all
// of it.
func (s *blocks) flush() {
	if s.filled == 0 {
		return
	}
	clear(s.block[s.filled:])
	s.filled = 0
	s.put(s.off, s.block[:])
}

// contentSum is a SHA-256 over a file's content that passes over holes, so that
// a large file with little in it is summed up at once: the hash of where the
// runs are (at the plain grain), the size, and the hash of what is in them.
type contentSum struct {
	blocks
	data, where hash.Hash
	last        run
}

// reset starts a new file.
func (s *contentSum) reset() {
	if s.data == nil {
		s.data, s.where, s.put = sha256.New(), sha256.New(), s.take
	}
	s.data.Reset()
	s.where.Reset()
	s.last, s.filled, s.off = run{}, 0, 0
}

// take takes up one whole block.
func (s *contentSum) take(off int64, block []byte) {
	if isZero(block) {
		return
	}
	if s.last.end() != off {
		s.mark()
		s.last = run{off: off}
	}
	s.last.len += grain
	s.data.Write(block)
}

// mark writes down where the last run was.
func (s *contentSum) mark() {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(s.last.off))
	binary.BigEndian.PutUint64(b[8:], uint64(s.last.len))
	s.where.Write(b[:])
}

// sum ends a file of size bytes. The last block counts as filled up with zeros.
func (s *contentSum) sum(size int64) (sum [32]byte) {
	s.flush()
	s.mark()
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(size))
	s.where.Write(b[:])
	s.data.Sum(sum[:0])
	s.where.Write(sum[:])
	s.where.Sum(sum[:0])
	return sum
}
