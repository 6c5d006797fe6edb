package delta

import (
	"errors"
	"fmt"
	"strconv"
)

var (
	// ErrHostile is wrapped by the refusal of an entry that no Pack writes and
	// that would reach outside the upper directory, mean something else on
	// another stack, or exceed a limit.
	ErrHostile = errors.New("refused")

	// ErrFormat is wrapped when the stream is not a tar that this package reads.
	// A stream that ends too early wraps io.ErrUnexpectedEOF as well.
	ErrFormat = errors.New("not a tar that can be read")

	// ErrChanged is wrapped by Pack when a file changed under it in a way that
	// cannot be put right any more. Packing again is all there is to do.
	ErrChanged = errors.New("it changed while it was packed")

	// ErrPrivate is wrapped by Pack when the upper directory depends on the
	// stack it was made on (redirect_dir or metacopy).
	ErrPrivate = errors.New("it depends on the layers below")
)

// maxQuoted is how much of a name stands in an error, in bytes.
const maxQuoted = 200

// quote makes a name fit for one line of a log: as it is if it is short and
// printable, else quoted, and cut in the middle.
func quote(path string) string {
	if path == "" {
		return "./"
	}
	if len(path) > maxQuoted {
		return strconv.Quote(path[:maxQuoted/2]) + "…" + strconv.Quote(path[len(path)-maxQuoted/2:])
	}
	for i := 0; i < len(path); i++ {
		if path[i] <= ' ' || path[i] >= 0x7f || path[i] == '"' || path[i] == '\\' {
			return strconv.Quote(path)
		}
	}
	return path
}

// hostile refuses the entry at path.
func hostile(path, why string, args ...any) error {
	return fmt.Errorf("%w: entry %s %s", ErrHostile, quote(path), fmt.Sprintf(why, args...))
}
