package delta

import (
	"fmt"
	"strconv"
	"strings"
)

// sparseHeader is what PAX records say about holes.
type sparseHeader struct {
	set          bool
	major, minor string
	name         string
	realSize     int64 // -1: not said
	runs         []run
	half         bool // an offset whose length is to follow
}

// apply takes up one GNU.sparse record.
func (s *sparseHeader) apply(key, value string) error {
	s.set = true
	n := int64(0)
	if key != paxSparseName && key != paxSparseMap {
		var err error
		if n, err = parseNumber(key, []byte(value)); err != nil {
			return err
		}
	}
	switch key {
	case paxSparseMajor:
		s.major = value
	case paxSparseMinor:
		s.minor = value
	case paxSparseName:
		s.name = value
	case paxSparseRealSize, paxSparseSize:
		s.realSize = n
	case paxSparseBlocks: // the runs themselves say it
	case paxSparseOffset:
		if s.half || len(s.runs) >= MaxRuns {
			return fmt.Errorf("%w: a sparse map with too many offsets", ErrHostile)
		}
		s.runs, s.half = append(s.runs, run{off: n}), true
	case paxSparseBytes:
		if !s.half {
			return fmt.Errorf("%w: a sparse map without offsets", ErrFormat)
		}
		s.runs[len(s.runs)-1].len, s.half = n, false
	case paxSparseMap:
		if strings.Count(value, ",") >= 2*MaxRuns {
			return fmt.Errorf("%w: a sparse map of more than %d runs", ErrHostile, MaxRuns)
		}
		for rest, more := value, value != ""; more; {
			var off, length string
			off, rest, _ = strings.Cut(rest, ",")
			length, rest, more = strings.Cut(rest, ",")
			a, err := parseNumber(key, []byte(off))
			if err != nil {
				return err
			}
			b, err := parseNumber(key, []byte(length))
			if err != nil {
				return err
			}
			s.runs = append(s.runs, run{a, b})
		}
	default:
		return fmt.Errorf("%w: the PAX key %.40q is unknown", ErrFormat, key)
	}
	return nil
}

// layout finds out where in the file the data of a regular entry belongs.
func (r *reader) layout(e *entry, s *sparseHeader) error {
	var err error
	switch {
	case !s.set:
		e.size = r.left
		r.runs = append(r.runs[:0], run{0, e.size})
		e.runs = r.runs
		return nil
	case s.realSize < 0 || s.half:
		return errMap(e.path)
	case s.major == "" && s.minor == "", s.major == "0" && (s.minor == "0" || s.minor == "1"):
		e.runs = s.runs
	case s.major == "1" && s.minor == "0":
		if e.runs, err = r.readMap(e); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%w: entry %s is sparse in version %.20q", ErrFormat, quote(e.path), s.major+"."+s.minor)
	}
	e.size = s.realSize
	e.runs, err = checkRuns(e.path, e.runs, e.size, r.left)
	return err
}

// readMap reads the sparse map 1.0 that stands before the data.
func (r *reader) readMap(e *entry) ([]run, error) {
	before := r.n
	total := r.left
	number := func() (int64, error) {
		var digits [20]byte
		for i := range digits {
			if r.n-before >= total {
				break
			}
			b, err := r.peek(1)
			if err != nil {
				return 0, err
			}
			r.use(1)
			if b[0] == '\n' {
				n, err := strconv.ParseInt(string(digits[:i]), 10, 64)
				if err != nil || n < 0 || i > 0 && digits[0] == '+' {
					break
				}
				return n, nil
			}
			digits[i] = b[0]
		}
		return 0, errMap(e.path)
	}
	n, err := number()
	if err != nil {
		return nil, err
	}
	if n > MaxRuns+1 {
		return nil, hostile(e.path, "has a sparse map of %d runs, the limit is %d", n, MaxRuns)
	}
	r.runs = r.runs[:0]
	for range n {
		var next run
		if next.off, err = number(); err != nil {
			return nil, err
		}
		if next.len, err = number(); err != nil {
			return nil, err
		}
		r.runs = append(r.runs, next)
	}
	fill := padding(r.n - before)
	if r.n-before+fill > total {
		return nil, errMap(e.path)
	}
	if err := r.skip(fill); err != nil {
		return nil, err
	}
	r.left = total - (r.n - before)
	return r.runs, nil
}

// errMap says that a sparse map cannot be read.
func errMap(path string) error {
	return fmt.Errorf("%w: entry %s has a broken sparse map", ErrFormat, quote(path))
}
