package machine

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Of data A, about what the /etc of a small server is.
const (
	dataFiles = 500
	dataBytes = 1400 << 10
	dataFile  = 16 << 10 // of one file, in bytes
)

// dataFrom are directories that every Debian has with many small text files: A is
// their first files, by name.
var dataFrom = []string{"/etc", "/var/lib/dpkg/info", "/usr/share/perl"}

// makeData writes A below a directory.
func makeData(dir string) error {
	files, bytes := 0, int64(0)
	for _, from := range dataFrom {
		err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			info, err := e.Info()
			if err != nil || info.Size() > dataFile || files == dataFiles || bytes+info.Size() > dataBytes {
				return err
			}
			files, bytes = files+1, bytes+info.Size()
			return copyFile(filepath.Join(dir, path), path)
		})
		if err != nil {
			return fmt.Errorf("cannot copy %s: %w", from, err)
		}
	}
	if files < dataFiles {
		return fmt.Errorf("cannot find %d small files in %q: there are %d", dataFiles, dataFrom, files)
	}
	return nil
}

func copyFile(to, from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// writeTarGz writes what is below dir as gzip -9 does.
func writeTarGz(w io.Writer, dir string) error {
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := tar.NewWriter(packed)
	if err := out.AddFS(os.DirFS(dir)); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return packed.Close()
}
