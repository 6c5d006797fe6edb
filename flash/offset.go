package flash

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Node parts the path of a device into the file or node that it names, and where
// on that the device begins, in bytes. A path that does not exist and ends in a
// plus sign and digits is DEVICE+OFFSET; all others begin at 0.
func Node(path string) (node string, offset int64) {
	at := strings.LastIndexByte(path, '+')
	if at < 0 {
		return path, 0
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, 0
	}
	n, err := strconv.ParseUint(path[at+1:], 10, 63)
	if err != nil {
		return path, 0
	}
	return path[:at], int64(n)
}
