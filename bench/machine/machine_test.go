package machine

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStamps(t *testing.T) {
	console := "[    2.100000] Freeing memory\n[    2.250000] Run /preinit as init process\n" +
		"[    2.300000] preinit: Run away\n[   12.500500] bench: the real init runs\n"
	start, err := stamp(runs, console)
	if err != nil || start != 2.25 {
		t.Errorf("the initramfs starts at %v, %v", start, err)
	}
	end, err := stamp(ready, console)
	if err != nil || math.Abs(end-12.5005) > 1e-9 {
		t.Errorf("the real init starts at %v, %v", end, err)
	}
	if _, err := stamp(ready, console[:60]); err == nil {
		t.Error("a time was found for a line that is not there")
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		times []float64
		want  float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 100, 1, 2}, 3},
	} {
		if got := median(test.times); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.times, got, test.want)
		}
	}
}

// Each kind of shell init names the devices of its machine, and does what it is
// measured for.
func TestShellInits(t *testing.T) {
	for i := range machines {
		m := &machines[i]
		for _, test := range []struct {
			kind             kind
			overlays         int
			unpacks, modules bool
		}{
			{shell, 2, false, m.modules != ""},
			{tarGz, 2, true, m.modules != ""},
			{plain, 0, false, m.few != ""},
		} {
			script := m.shellInit(test.kind)
			if n := strings.Count(script, "-t overlay"); n != test.overlays {
				t.Errorf("%s, %s: %d overlays, want %d", m.name, test.kind, n, test.overlays)
			}
			if got := strings.Contains(script, "tar -xzf "+m.data+" "); got != test.unpacks {
				t.Errorf("%s, %s: unpacks %v, want %v", m.name, test.kind, got, test.unpacks)
			}
			if got := strings.Contains(script, "insmod"); got != test.modules {
				t.Errorf("%s, %s: modules %v, want %v", m.name, test.kind, got, test.modules)
			}
			if !strings.Contains(script, "-o ro "+m.root+" /rom") || strings.Contains(script, "ROOT") || strings.Contains(script, "UNPACK") {
				t.Errorf("%s, %s: the script is\n%s", m.name, test.kind, script)
			}
		}
	}
}

// A and the tar.gz of it hold the same.
func TestData(t *testing.T) {
	dir := t.TempDir()
	if err := makeData(dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip(err) // no Debian
		}
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if err := writeTarGz(&packed, dir); err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(&packed)
	if err != nil {
		t.Fatal(err)
	}
	files, size := 0, 0
	for in := tar.NewReader(unpacked); ; {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		got, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(dir, h.Name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs in the tar (%v)", h.Name, err)
		}
		files, size = files+1, size+len(got)
	}
	if files != dataFiles || size > dataBytes {
		t.Errorf("A has %d files of %d bytes", files, size)
	}
}
