package mount_test

import (
	"testing"

	"chainroot/mount"
)

func TestSize(t *testing.T) {
	for _, good := range []string{"1", "65536", "16k", "16K", "8m", "8M", "1g", "1G", "1%", "100%", "9223372036854775808"} {
		if got, err := mount.Size(good); err != nil || got != good {
			t.Errorf("%q: %q, %v", good, got, err)
		}
	}
	for _, bad := range []string{"", "0", "0k", "0%", "101%", "-1", "+1", "k", "%", "1kk", "1.5m", "1t", "8m,mode=777", "0x10", " 1", "9223372036854775809", "9007199254740993k", "1%%"} {
		if got, err := mount.Size(bad); err == nil || got != "" {
			t.Errorf("%q was taken as %q", bad, got)
		}
	}
}
