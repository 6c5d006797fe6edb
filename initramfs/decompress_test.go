package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "\x7fELF module"

func TestReadModule(t *testing.T) {
	for _, test := range []struct{ extension, tool string }{
		{".ko", ""}, {".ko.gz", "gzip"}, {".ko.xz", "xz"}, {".ko.zst", "zstd"},
	} {
		t.Run(test.extension, func(t *testing.T) {
			packed := []byte(module)
			switch test.tool {
			case "":
			case "gzip":
				var b bytes.Buffer
				w := gzip.NewWriter(&b)
				w.Write(packed)
				w.Close()
				packed = b.Bytes()
			default:
				cmd := exec.Command(test.tool, "-c")
				cmd.Stdin = strings.NewReader(module)
				var err error
				if packed, err = cmd.Output(); err != nil {
					t.Skipf("%s is needed to make the input: %v", test.tool, err)
				}
			}
			file := filepath.Join(t.TempDir(), "m"+test.extension)
			write(t, file, string(packed))
			got, err := readModule(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != module {
				t.Errorf("unpacked %q", got)
			}
		})
	}
}

func TestReadModuleSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{"m.ko.gz": "m.ko.gz", "m.ko.lz4": "not a kernel module"} {
		write(t, filepath.Join(dir, name), "junk")
		if _, err := readModule(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", name, err, want)
		}
	}
	t.Setenv("PATH", dir)
	for name, tool := range map[string]string{"m.ko.xz": "program xz", "m.ko.zst": "program zstd"} {
		write(t, filepath.Join(dir, name), "junk")
		if _, err := readModule(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), tool) {
			t.Errorf("%s: %v does not say %q", name, err, tool)
		}
	}
}

func TestReadProgram(t *testing.T) {
	for name, static := range map[string]bool{"static": true, "dynamic": false} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, elf64(static), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := readProgram(file)
		if (err == nil) != static {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// elf64 is the smallest ELF file with one program header, a loadable segment
// or the name of a dynamic linker.
func elf64(static bool) []byte {
	b := make([]byte, 64+56)
	copy(b, "\x7fELF\x02\x01\x01")
	b[16], b[18], b[20] = 2, 62, 1 // executable, x86-64, version
	b[32] = 64                     // the program headers follow
	b[52], b[54], b[56] = 64, 56, 1
	b[64] = 3 // PT_INTERP
	if static {
		b[64] = 1 // PT_LOAD
	}
	return b
}
