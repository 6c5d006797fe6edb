package delta

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Keys of PAX records: POSIX.1-2017's, star's for extended attributes, GNU
// tar's for sparse files
// (https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html).
const (
	paxPath  = "path"
	paxLink  = "linkpath"
	paxSize  = "size"
	paxUID   = "uid"
	paxGID   = "gid"
	paxTime  = "mtime"
	paxXattr = "SCHILY.xattr."

	paxSparse         = "GNU.sparse."
	paxSparseMajor    = "GNU.sparse.major"
	paxSparseMinor    = "GNU.sparse.minor"
	paxSparseName     = "GNU.sparse.name"
	paxSparseRealSize = "GNU.sparse.realsize"  // 1.0
	paxSparseSize     = "GNU.sparse.size"      // 0.0 and 0.1
	paxSparseBlocks   = "GNU.sparse.numblocks" // 0.0 and 0.1: number of runs
	paxSparseOffset   = "GNU.sparse.offset"    // 0.0: one per run
	paxSparseBytes    = "GNU.sparse.numbytes"  // 0.0: one per run
	paxSparseMap      = "GNU.sparse.map"       // 0.1: all runs
)

// paxIgnored are keys that say nothing an upper directory holds.
var paxIgnored = []string{"atime", "ctime", "comment", "uname", "gname", "LIBARCHIVE.creationtime",
	"SCHILY.dev", "SCHILY.ino", "SCHILY.nlink"}

// record is one PAX record.
type record struct{ key, value string }

// parseRecords calls each for every record of b, in order.
func parseRecords(b []byte, each func(key, value []byte) error) error {
	bad := func(why string) error { return fmt.Errorf("%w: a PAX record %s", ErrFormat, why) }
	for len(b) > 0 {
		digits, n := 0, 0
		for ; digits < len(b) && b[digits] >= '0' && b[digits] <= '9'; digits++ {
			if n = n*10 + int(b[digits]-'0'); n > len(b) {
				return bad("is longer than all records together")
			}
		}
		if digits == 0 || digits == len(b) || b[digits] != ' ' || n < digits+3 || b[n-1] != '\n' {
			return bad("has a wrong length")
		}
		key, value, ok := bytes.Cut(b[digits+1:n-1], []byte("="))
		if !ok || len(key) == 0 {
			return bad("has no key")
		}
		if err := each(key, value); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// appendRecords appends the records to b, sorted by key. A record's length
// counts its own digits.
func appendRecords(b []byte, records []record) []byte {
	slices.SortFunc(records, func(a, b record) int { return strings.Compare(a.key, b.key) })
	for _, r := range records {
		n := len(r.key) + len(r.value) + 3
		total := n + 1
		for total != n+len(strconv.Itoa(total)) {
			total = n + len(strconv.Itoa(total))
		}
		b = strconv.AppendInt(b, int64(total), 10)
		b = append(b, ' ')
		b = append(b, r.key...)
		b = append(b, '=')
		b = append(b, r.value...)
		b = append(b, '\n')
	}
	return b
}

// xattrKey encodes the name of an extended attribute as GNU tar does.
var xattrKey = strings.NewReplacer("%", "%25", "=", "%3D")

// xattrName is the reverse; any other use of % stands for itself.
var xattrName = strings.NewReplacer("%25", "%", "%3D", "=")

// parseNumber reads a decimal number from 0 to MaxSize.
func parseNumber(key string, value []byte) (int64, error) {
	n := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: %s=%.40q is no number", ErrFormat, key, value)
		}
		if n > MaxSize/10 {
			return 0, fmt.Errorf("%w: %s=%.40q is too large", ErrHostile, key, value)
		}
		n = n*10 + int64(c-'0')
	}
	if len(value) == 0 || n > MaxSize {
		return 0, fmt.Errorf("%w: %s=%.40q is too large, or nothing", ErrHostile, key, value)
	}
	return n, nil
}

// parseTime reads seconds with an optional sign and fraction. A fraction finer
// than nanoseconds is cut off.
func parseTime(value []byte) (sec int64, nsec uint32, err error) {
	whole, negative := bytes.CutPrefix(value, []byte("-"))
	whole, fraction, _ := bytes.Cut(whole, []byte("."))
	if sec, err = parseNumber(paxTime, whole); err != nil {
		return 0, 0, err
	}
	for i := range 9 {
		nsec *= 10
		if i < len(fraction) {
			if fraction[i] < '0' || fraction[i] > '9' {
				return 0, 0, fmt.Errorf("%w: %s=%.40q is no time", ErrFormat, paxTime, value)
			}
			nsec += uint32(fraction[i] - '0')
		}
	}
	if negative {
		if sec = -sec; nsec > 0 {
			sec, nsec = sec-1, 1e9-nsec
		}
	}
	return sec, nsec, nil
}

// formatTime is the reverse of parseTime, without zeros at the end.
func formatTime(sec int64, nsec uint32) string {
	sign := ""
	if sec < 0 {
		if sign = "-"; nsec > 0 {
			sec, nsec = sec+1, 1e9-nsec
		}
		sec = -sec
	}
	s := sign + strconv.FormatInt(sec, 10)
	if nsec > 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(1e9+int64(nsec), 10)[1:], "0")
	}
	return s
}
