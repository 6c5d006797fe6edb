package mount_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"chainroot/mount"
)

func TestBehindSquashfs(t *testing.T) {
	image := func(magic string, used uint64, length int) string {
		b := make([]byte, 96)
		copy(b, magic)
		binary.LittleEndian.PutUint64(b[40:], used)
		return string(b[:length])
	}
	for _, test := range []struct {
		name, image string
		want        int64 // negative: an error
	}{
		{"rounded up", image("hsqs", 65537, 96), 131072},
		{"whole", image("hsqs", 131072, 96), 131072},
		{"small", image("hsqs", 96, 96), 65536},
		{"large", image("hsqs", 5<<32+1, 96), 5<<32 + 65536},
		{"no size", image("hsqs", 0, 96), -1},
		{"a size that cannot be", image("hsqs", 1<<63, 96), -1},
		{"another file system", image("sqsh", 65537, 96), -1},
		{"cut off", image("hsqs", 65537, 47), -1},
		{"empty", "", -1},
	} {
		got, err := mount.BehindSquashfs(strings.NewReader(test.image))
		if (err != nil) != (test.want < 0) || err == nil && got != test.want {
			t.Errorf("%s: got %d, %v; want %d", test.name, got, err, test.want)
		}
	}
}
