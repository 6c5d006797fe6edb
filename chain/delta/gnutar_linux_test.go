package delta_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/chain/delta"
)

// GNU tar makes of our tar what was packed.
func TestGNUTarReads(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "upper", "gnu")
	upper, gnu := filepath.Join(root, "upper"), filepath.Join(root, "gnu")
	everything(t, upper)
	must(t, os.WriteFile(filepath.Join(root, "t.tar"), pack(t, upper, nil), 0o644))
	if out := run(t, root, "tar", "--xattrs", "--xattrs-include=*", "-C", gnu, "--numeric-owner", "--warning=no-timestamp", "-xpf", "t.tar"); out != "" {
		t.Errorf("tar says: %s", out)
	}
	want, got := list(t, upper, true), list(t, gnu, true)
	// tar gives the default ACL of a directory, once set, to what it creates in
	// there: nothing of that stands in our tar, as Replay shows.
	for path := range want {
		if i := strings.Index(got[path], " system.posix_acl_"); i >= 0 && !strings.Contains(want[path], " system.posix_acl_") {
			t.Logf("tar lets %q inherit an ACL", path)
			delete(want, path)
			delete(got, path)
		}
	}
	if d := differences(want, got); d != "" {
		t.Errorf("what tar makes differs:\n%s", d)
	}
	if n := blocks(t, filepath.Join(gnu, "sparse")); n > 24 {
		t.Errorf("sparse takes %d blocks", n)
	}
	if d := run(t, root, "tar", "-C", upper, "--numeric-owner", "--compare", "-f", "t.tar"); d != "" {
		t.Errorf("tar --compare: %s", d)
	}
}

// We make of GNU tar's tar what it packed.
func TestGNUTarWrites(t *testing.T) {
	root := tmpfs(t, "size=512m")
	mkdir(t, root, "upper")
	upper := filepath.Join(root, "upper")
	everything(t, upper)
	must(t, os.Remove(filepath.Join(upper, "dir/fifo"))) // tar does not see that pipes are linked
	setTime(t, filepath.Join(upper, "dir"), -1, 0)
	xattrs := []string{"--format=posix", "--xattrs", "--xattrs-include=*"}
	for _, test := range []struct {
		name  string
		exact bool // with times and extended attributes
		args  []string
	}{
		{"posix", true, xattrs},
		{"posix, sparse 1.0", true, append([]string{"-S"}, xattrs...)},
		{"posix, sparse 0.1", true, append([]string{"-S", "--sparse-version=0.1"}, xattrs...)},
		{"posix, sparse 0.0", true, append([]string{"-S", "--sparse-version=0.0"}, xattrs...)},
		{"posix, blocks of a megabyte", true, append([]string{"-b", "2048"}, xattrs...)},
		{"pax", true, []string{"--format=pax", "--xattrs", "--xattrs-include=*", "--sort=name"}},
		{"gnu", false, []string{"--format=gnu"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(root, "t.tar")
			run(t, root, "tar", append(test.args, "-C", upper, "-cf", file, ".")...)
			b, err := os.ReadFile(file)
			must(t, err)
			again := replay(t, root, nil, b)
			defer os.RemoveAll(again)
			must(t, delta.NewTree().Add(bytes.NewReader(b)))
			if test.exact {
				same(t, "what is replayed", upper, again, true)
				return
			}
			// Without PAX: whole seconds and no extended attributes.
			want, got := list(t, upper, true), list(t, again, true)
			if len(want) != len(got) {
				t.Errorf("%d entries, want %d", len(got), len(want))
			}
			for path, d := range want {
				if path != "." && strings.Fields(got[path] + " none")[0] != strings.Fields(d)[0] {
					t.Errorf("%q: %s, want %s", path, got[path], d)
				}
			}
		})
	}
}
