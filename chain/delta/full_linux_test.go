package delta_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"chainroot/chain/delta"
	"golang.org/x/sys/unix"
)

// TestReplayFull replays into a tmpfs that has room for one page more each time,
// and one file more: it is full at every point where it can be.
func TestReplayFull(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "upper", "tmpfs")
	upper, full := filepath.Join(root, "upper"), filepath.Join(root, "tmpfs")
	everything(t, upper)
	must(t, os.Truncate(filepath.Join(upper, "sparse"), 60<<10)) // to be compared often
	b := pack(t, upper, nil)
	want := list(t, upper, true)
	for _, limit := range []struct {
		option string
		step   int
		least  int // failures
	}{
		{"size=%dk,nr_inodes=0", 4, 8},
		{"size=0,nr_inodes=%d", 1, 40},
	} {
		failures := 0
		for n := limit.step; ; n += limit.step {
			options := fmt.Sprintf(limit.option, n)
			must(t, unix.Mount("tmpfs", full, "tmpfs", 0, options))
			_, err := delta.Replay(bytes.NewReader(b), full)
			if err == nil {
				if d := differences(want, list(t, full, true)); d != "" {
					t.Errorf("%s: no error, but\n%s", options, d)
				}
			} else if !errors.Is(err, unix.ENOSPC) {
				t.Fatalf("%s: %v", options, err)
			}
			must(t, unix.Unmount(full, 0))
			if err == nil {
				break
			}
			failures++
		}
		t.Logf("failures with %s: %d", limit.option, failures)
		if failures < limit.least {
			t.Error("too few: the tree has lost its files")
		}
	}
	must(t, os.RemoveAll(upper))
}
