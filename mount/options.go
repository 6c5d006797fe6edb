package mount

import (
	"fmt"
	"strconv"
	"strings"
)

// Size checks a size limit for a tmpfs: bytes, optionally with the suffix k, m
// or g, or a percentage of the RAM. It returns the text for the mount option.
// tmpfs takes 0 as "no limit" and so is refused it: a chain that unpacks
// without end would then take all memory.
func Size(s string) (string, error) {
	digits, limit := s, uint64(1)<<63
	if n := len(s); n > 0 {
		switch s[n-1] {
		case '%':
			digits, limit = s[:n-1], 100
		case 'k', 'K':
			digits, limit = s[:n-1], limit>>10
		case 'm', 'M':
			digits, limit = s[:n-1], limit>>20
		case 'g', 'G':
			digits, limit = s[:n-1], limit>>30
		}
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n == 0 || n > limit {
		return "", fmt.Errorf("cannot use %q as a size: it is a number of bytes above 0, also with k, m or g behind it, or 1%% to 100%%", s)
	}
	return s, nil
}

// splitOptions parts the text of a mount(8) option list into the flags that
// mount(2) takes as bits and the rest, which the file system reads. Later
// options win.
func splitOptions(options string, flags uintptr, table map[string]option) (uintptr, string) {
	var data []string
	for _, o := range strings.Split(options, ",") {
		if f, ok := table[o]; ok {
			flags = flags&^f.clear | f.set
		} else if o != "" {
			data = append(data, o)
		}
	}
	return flags, strings.Join(data, ",")
}

// option is what a word of an option list does to the flags of mount(2).
type option struct{ set, clear uintptr }
